"""What the pages before the console are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vms.access.trail import trail
from vms.conf import conf
from vms.errors import Throttled, Unauthorized, VmmError

MAX_LENGTH = 150


@dataclass(frozen=True)
class Field:
    """One input, with what is wrong with it beside it. A password's ``value`` is never sent back."""

    name: str
    label: str
    kind: str
    autocomplete: str
    hint: str = ""
    value: str = ""
    error: str = ""
    focus: bool = False
    maxlength: int = MAX_LENGTH


def page(
    request: HttpRequest,
    template: str,
    fields: tuple[Field, ...],
    error: VmmError | None = None,
    **context: object,
) -> HttpResponse:
    """The page with those fields; an error that names one of them (``name: …``) stands beside it."""
    trail().failure = error.message if error else ""
    named, _, reason = (error.message if error else "").partition(": ")
    beside = any(field.name == named for field in fields)
    shown = [replace(field, error=_sentence(reason)) if field.name == named else field for field in fields]
    focus = next((i for i, field in enumerate(shown) if field.error), None)
    if focus is None:
        focus = next((i for i, field in enumerate(shown) if not field.value), 0)
    shown = [replace(field, focus=i == focus) for i, field in enumerate(shown)]
    context |= {
        "fields": shown,
        "alarm": _sentence(error.message) if error and not beside else "",
        "node": conf().effective_node_name,
    }
    response = render(request, f"vms/{template}.html", context, status=error.code if error else 200)
    response["Cache-Control"] = "no-store"
    if isinstance(error, Throttled):
        response["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthorized):
        response["WWW-Authenticate"] = 'Bearer realm="dstack-vmm"'
    return response


def address_of(request: HttpRequest) -> str:
    """Where the request came from; empty for a Unix socket."""
    return str(request.META.get("REMOTE_ADDR", ""))


def refuse_method(allowed: str) -> HttpResponse:
    """405, in plain words."""
    headers = {"Allow": allowed}
    return HttpResponse(
        f"405: use {allowed}\n", status=405, content_type="text/plain; charset=utf-8", headers=headers
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".") if text else ""
