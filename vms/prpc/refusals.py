"""How a request is told that it may not: in its own encoding, or at the login page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from vms.access.trail import trail
from vms.errors import Forbidden, Throttled, Unauthorized, VmmError
from vms.prpc.codecs import DOCUMENTED_JSON, Encoding, encoding_of
from vms.prpc.methods import SERVICES

CHALLENGE = 'Basic realm="dstack-vmm", charset="UTF-8", Bearer realm="dstack-vmm"'
CHALLENGE_OF_SCRIPTS = 'Bearer realm="dstack-vmm"'
"""Without Basic, for which a browser would open a dialog of its own over our page."""
LOGIN = "/login/"
_API = tuple(f"/{service.path}/" for service in SERVICES)


def refused(request: HttpRequest, error: VmmError) -> HttpResponse:
    """The answer to a request that ``vms.access`` refuses. Nobody keeps a copy of it."""
    trail().failure = error.message
    response = _answer(request, error)
    response["Cache-Control"] = "no-store"
    if isinstance(error, Throttled):
        response["Retry-After"] = str(error.retry_after_s)
    if response.status_code == 401:
        response["WWW-Authenticate"] = CHALLENGE_OF_SCRIPTS if _from_a_page(request) else CHALLENGE
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form was sent without its token, or from another site."""
    return refused(request, Forbidden(f"{reason} Open the page anew, allow its cookies, and try again"))


def _answer(request: HttpRequest, error: VmmError) -> HttpResponse:
    if request.path_info.startswith(_API):
        answer = _encoding(request).error(error)
        return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if isinstance(error, Unauthorized) and _opens_a_page(request):
        return HttpResponseRedirect(f"{LOGIN}?{urlencode({'next': _without_token(request)})}")
    return JsonResponse({"code": error.code, "message": error.message}, status=error.code)


def _without_token(request: HttpRequest) -> str:
    """Where the browser wanted to go; a token in the query is not told again, be it right or wrong."""
    query = request.GET.copy()
    query.pop("token", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _encoding(request: HttpRequest) -> Encoding:
    try:
        return encoding_of(request)
    except VmmError:
        return DOCUMENTED_JSON


def _opens_a_page(request: HttpRequest) -> bool:
    """Whether somebody's browser goes there, rather than a program or a page's script."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return (
        request.method in ("GET", "HEAD")
        and mode == "navigate"
        and "text/html" in request.headers.get("Accept", "")
    )


def _from_a_page(request: HttpRequest) -> bool:
    return bool(request.headers.get("Sec-Fetch-Mode") or request.headers.get("Cookie"))
