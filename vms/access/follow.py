"""The middleware that begins each request's trail, and counts how it ended in the audit log."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from vms.access import audit
from vms.access.principal import NOBODY, bind
from vms.access.trail import UNIX_SOCKET, Trail, begin
from vms.settling import SettlingResponse

REFUSALS = (401, 403, 429)
CONSOLE = "console"
NOWHERE = "unknown page"


def follow(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Every refusal, and every change that failed, is counted here; a change that was made has its entry.

    Until it is known who asks, nobody does.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        address = request.META.get("REMOTE_ADDR") or UNIX_SOCKET
        known = structlog.contextvars.get_contextvars()
        trail = begin(Trail(address=address, request_id=known.get("request_id", "")))
        bind(NOBODY)
        response = get_response(request)
        # What is still to settle is a change, and has its entry; or it is answered by others.
        if not isinstance(response, SettlingResponse):
            _ended(trail, request.path_info, response.status_code)
        return response

    return middleware


def _ended(trail: Trail, path: str, status: int) -> None:
    if trail.is_written or not (status in REFUSALS or (trail.changes and status >= 400)):
        return
    trail.action = trail.action or action_of(path)
    audit.note(status)


def action_of(path: str) -> str:
    """What is asked for there, in a word of ours, whatever the path holds."""
    try:
        route = resolve(path).route
    except Resolver404:
        return NOWHERE
    if not route.startswith("^"):
        return route.partition("<")[0].strip("/").replace("/", ".") or CONSOLE
    first = path.strip("/").partition("/")[0]
    return first if first and route.startswith(f"^{first}/") else CONSOLE
