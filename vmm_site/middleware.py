"""What every request passes through: a name for the log, and the check of its origin."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from vmm_site.origin import is_foreign, is_foreign_name

GetResponse = Callable[[HttpRequest], HttpResponse]
_log: Any = structlog.stdlib.get_logger("vmm.requests")


def request_id(get_response: GetResponse) -> GetResponse:
    """Give each request an id: bound to its log lines, sent back in ``X-Request-Id``.

    A bug answers 500 with that id and nothing else; the detail is in the log only.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        this, began = secrets.token_hex(6), time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=this)
        response = get_response(request)
        if response.status_code == 500 and not request.path.startswith("/admin/"):
            message = f"internal error; the server's log has it under request id {this}"
            headers = {"X-Frame-Options": "DENY"}
            response = JsonResponse({"code": 500, "message": message}, status=500, headers=headers)
        response["X-Request-Id"] = this
        if settings.VMM.access_log:
            _tell_once_answered(request, response, began)
        return response

    return middleware


def _tell_once_answered(request: HttpRequest, response: Any, began: float) -> None:
    """A line for the request, with its id, who sent it and its VM: they are bound to all its lines.

    Never the query, for a token may be in it. Of a stream, it is told when it begins.
    """

    def tell(answered: HttpResponse) -> None:
        ms = round((time.perf_counter() - began) * 1000, 1)
        _log.info(
            "request", method=request.method, path=request.path[:200], status=answered.status_code, ms=ms
        )

    if hasattr(response, "on_settled"):
        response.on_settled.append(tell)
    else:
        tell(response)


def refuse_foreign_origins(get_response: GetResponse) -> GetResponse:
    """Refuse what a page of another site makes a browser send.

    Programs that name no host, or come through a Unix socket, are no browsers.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        host = request.headers.get("Host")
        if request.META.get("REMOTE_ADDR") and is_foreign_name(host):
            message = f"this server is not called {str(host)[:200]!r}; allowed_hosts may allow it"
            return JsonResponse({"code": 403, "message": message}, status=403)
        if is_foreign(request.headers.get("Origin"), request.headers.get("Host")):
            message = f"requests from {request.headers['Origin'][:200]} are refused: another origin"
            return JsonResponse({"code": 403, "message": message}, status=403)
        return get_response(request)

    return middleware


def secure_cookies(get_response: GetResponse) -> GetResponse:
    """Cookies of a request that came by TLS are for TLS only. Outside of all that sets cookies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response

    return middleware
