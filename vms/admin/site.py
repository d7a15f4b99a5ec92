"""The admin's own site: open to whoever may see the node. Django's own permissions say nothing here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from vms.access import audit
from vms.access.policy import Permission, allows
from vms.access.principal import ANYBODY, NOBODY, Credential, Principal, acting_as, current
from vms.access.routes import needed, needs
from vms.access.trail import trail
from vms.access.users import principal_of

_KNOWN = "admin_who"


class OperatorsSite(admin.AdminSite):
    """Registers nothing by itself: what is not shown on purpose is not there."""

    login_form = AuthenticationForm  # whom it lets in is asked afterwards, by role
    site_header = site_title = "dstack-vmm"
    index_title = "This node"

    def has_permission(self, request: HttpRequest) -> bool:
        return allows(who(request), Permission.SEE_NODE)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's own page; that a password was changed is told in the audit log."""
        response: Any = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            trail().action = "admin.ChangePassword"
            with acting_as(who(request)):
                audit.record(audit.OK)
        return response

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        _declare(urls, Permission.SEE_NODE)
        return urls


def who(request: HttpRequest) -> Principal:
    """Who acts in the admin, which knows people only by the users that they are.

    Without authentication, that is whoever logged in to the admin. Asked many times by one page.
    """
    known: Principal | None = getattr(request, _KNOWN, None)
    if known is None:
        known = _who(request)
        setattr(request, _KNOWN, known)
    return known


def _who(request: HttpRequest) -> Principal:
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    acting = current()
    return principal_of(user, Credential.SESSION) if acting == ANYBODY else acting


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows are written by actions only; here those with ``permission`` look at them.

    ``opens`` is what the pages need, whatever they show.
    """

    permission = Permission.SEE_VM
    opens = Permission.SEE_NODE

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        _declare(urls, self.opens)
        return urls

    def has_module_permission(self, request: HttpRequest) -> bool:
        return allows(who(request), self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return allows(who(request), self.permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _declare(urls: Iterable[Any], permission: Permission) -> None:
    """Have all of these need that permission, which don't say yet what they need."""
    for url in urls:
        if isinstance(url, URLResolver):
            _declare(url.url_patterns, permission)
        elif isinstance(url, URLPattern) and needed(url.callback, {}) is None:
            url.callback = _declared(url.callback, permission)


def _declared(view: Callable[..., Any], permission: Permission) -> Callable[..., Any]:
    @needs(permission)
    @wraps(view)
    def declared(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return declared


site = OperatorsSite()
"""The only one; Django's own is not reachable."""
