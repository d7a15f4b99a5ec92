"""Every HTTP request learns who sends it, or is refused. After sessions, before any view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from vms.access import sessions
from vms.access.credentials import NEEDED, identify
from vms.access.presented import presented
from vms.access.principal import ANYBODY, NOBODY, Principal, bind
from vms.access.public import is_public
from vms.access.turns import IDENTIFIED
from vms.conf import conf
from vms.errors import Forbidden, Unauthorized, VmmError
from vms.fleet import incoming
from vms.fleet.incoming import Asked
from vms.fleet.tokens import HEADER, PROOF_HEADER

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Refuse = Callable[[HttpRequest, VmmError], HttpResponseBase]
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def authenticate(get_response: GetResponse) -> GetResponse:
    """Bind who sends the request (``principal.current``), also as ``request.principal``.

    What is refused is answered by ``settings.ACCESS_FAILURE_VIEW`` in the form that the client
    understands. A public view is given NOBODY where the credentials are missing or wrong.
    """
    refuse: Refuse = import_string(settings.ACCESS_FAILURE_VIEW)

    def middleware(request: Any) -> HttpResponseBase:
        try:
            request.asked_by_node = _asked_by_node(request)
            principal = _who(request)
        except VmmError as error:
            if not is_public(request.path_info):
                bind(NOBODY)
                return _proven(request, refuse(request, error))
            principal = NOBODY
        bind(principal)
        request.principal = principal
        return _proven(request, get_response(request))

    return middleware


def _asked_by_node(request: Any) -> Asked | None:
    """What another node asks on behalf of somebody; None where nobody says to be one. Raises Unauthorized."""
    token = request.headers.get(HEADER)
    if token is None:
        return None
    target = incoming.target_of(request.path_info, request.META.get("QUERY_STRING", ""))
    return incoming.accept(token, request.method, target, request.body)


def _proven(request: Any, response: HttpResponseBase) -> HttpResponseBase:
    """The node that asks is shown that it is answered by the one it meant."""
    if (asked := getattr(request, "asked_by_node", None)) is not None:
        response[PROOF_HEADER] = asked.proof
    return response


def _who(request: Any) -> Principal:
    if request.asked_by_node is not None:
        asked: Asked = request.asked_by_node
        return asked.principal()
    if not conf().auth.enabled:
        return ANYBODY
    outcome = getattr(request, "scope", {}).get(IDENTIFIED)
    if isinstance(outcome, VmmError):
        raise outcome
    found = presented(request.headers, request.method, request.META.get("QUERY_STRING", ""))
    if found is not None:
        principal = identify(found, request.META.get("REMOTE_ADDR", ""))
        request.user = SimpleLazyObject(lambda: _user(principal))
        return principal
    session = sessions.of_cookies(request.COOKIES, request.session)
    if session is None:
        raise Unauthorized(NEEDED)
    if request.method not in SAFE:
        _demand_csrf_token(request)
    return session


def _user(principal: Principal) -> User | AnonymousUser:
    user = User.objects.filter(pk=principal.user_id, is_active=True).first() if principal.user_id else None
    return user or AnonymousUser()


class _Csrf(CsrfViewMiddleware):
    """Django's own check, for views that are exempt from it because programs call them too."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


_csrf = _Csrf(_nothing)


def _demand_csrf_token(request: HttpRequest) -> None:
    """Raises Forbidden: another site could make a browser send this, for cookies go along by themselves."""
    _ = request.body  # so that looking for a form's token leaves it for the view
    # What it reads of the cookie was put into the request by Django's own middleware, which came before.
    reason = _csrf.process_view(request, _nothing, (), {})
    if reason:
        raise Forbidden(
            f"{reason} What a browser's session changes needs its CSRF token: send the cookie "
            f"{settings.CSRF_COOKIE_NAME} as the header X-CSRFToken, or use an API token"
        )
