"""What each URL needs. A view says it where it is made; one that says nothing is closed to everybody.

That is looked at here, once for all of HTTP, after it is known who asks. Whose VM a request
is about is known further in, to ``vms.actions`` and ``vms.selectors``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from vms.access.policy import Permission, require
from vms.access.public import is_open
from vms.errors import Forbidden, VmmError

Needed = Permission | Callable[..., Permission]
"""What a URL needs, or what says it from the URL's own arguments."""
View = TypeVar("View", bound=Callable[..., Any])
_MARK = "access_needs"


def needs(permission: Needed) -> Callable[[View], View]:
    """Open a view to those who have that permission."""

    def marked(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return marked


def needed(view: Any, arguments: dict[str, Any]) -> Permission | None:
    """What that view needs when its URL has those arguments; None where it doesn't say."""
    declared: Needed | None = getattr(view, _MARK, None)
    return declared if declared is None or isinstance(declared, Permission) else declared(**arguments)


class Authorize:
    """The middleware. Who may not is answered by ``settings.ACCESS_FAILURE_VIEW``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._refuse: Callable[[HttpRequest, VmmError], HttpResponseBase] = import_string(
            settings.ACCESS_FAILURE_VIEW
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Django's hook, once the URL is resolved: None lets the request through."""
        if is_open(view):
            return None
        permission = needed(view, kwargs)
        try:
            if permission is None:
                raise Forbidden(f"nobody may open {request.path[:200]!r}: what it needs is not declared")
            require(permission)
        except VmmError as error:
            return self._refuse(request, error)
        return None
