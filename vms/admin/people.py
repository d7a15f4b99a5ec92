"""Users and tokens: who there is, what they may, and since when nobody has used them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from vms.access import accounts, audit, issue
from vms.access.policy import Permission, allows
from vms.access.principal import acting_as
from vms.access.trail import Trail
from vms.admin.site import ReadOnly, site, who
from vms.errors import VmmError
from vms.models import ApiToken
from vms.selectors.people import QUOTAS, role_of


class OfPeople(ReadOnly):
    """For those who manage access. What can be done is done as the API does it, and has its audit entry."""

    permission = opens = Permission.MANAGE_ACCESS

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return allows(who(request), Permission.MANAGE_ACCESS)

    def each(
        self, request: HttpRequest, found: QuerySet[Any], action: str, act: Callable[[Any], object]
    ) -> None:
        """Do it to one after the other; each refusal is shown with its reason."""
        kind = self.opts.verbose_name
        for one in found:
            try:
                with acting_as(who(request)):
                    audit.acting(partial(act, one), f"admin.{action}", Trail(detail=str(one)))
            except VmmError as error:
                self.message_user(request, f"{kind} {one}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{kind} {one}: done", messages.SUCCESS)


@admin.register(User, site=site)
class UserAdmin(OfPeople):
    list_display = ("username", "role", "is_active", "owns", "limits", "last_login", "date_joined")
    list_filter = ("is_active", "account__role")
    list_select_related = ("account",)
    search_fields = ("username",)
    fields = ("username", "role", "is_active", "owns", "limits", "last_login", "date_joined")
    readonly_fields = ("role", "owns", "limits")
    ordering = ("username",)
    actions = ("let_in", "keep_out")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(owned=Count("vms"))

    def role(self, user: User) -> str:
        return role_of(user).value

    @admin.display(description="VMs", ordering="owned")
    def owns(self, user: Any) -> int:
        return int(user.owned)

    def limits(self, user: User) -> str:
        """Those that there are, in words."""
        account = getattr(user, "account", None)
        set_ones = ((name, getattr(account, name, None)) for name in QUOTAS)
        return ", ".join(f"{name} {limit}" for name, limit in set_ones if limit is not None) or "none"

    @admin.action(description="Let selected users in", permissions=["manage"])
    def let_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self.each(request, queryset, "SaveUser", partial(_save, active=True))

    @admin.action(
        description="Keep selected users out (their sessions and tokens, too)", permissions=["manage"]
    )
    def keep_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self.each(request, queryset, "SaveUser", partial(_save, active=False))


@admin.register(ApiToken, site=site)
class ApiTokenAdmin(OfPeople):
    list_display = (
        "name",
        "prefix",
        "of",
        "scopes",
        "created",
        "expires",
        "revoked",
        "used",
        "last_used_from",
    )
    list_filter = ("role", "user")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username", "last_used_from")
    fields = ("name", "prefix", "of", "scopes", "created", "expires", "revoked", "used", "last_used_from")
    readonly_fields = ("of", "created", "expires", "revoked", "used")
    actions = ("revoke",)

    @admin.display(description="whose", ordering="user")
    def of(self, token: ApiToken) -> str:
        return token.user.get_username() if token.user is not None else f"a service ({token.role})"

    @admin.display(ordering="created_at_ms")
    def created(self, token: ApiToken) -> str:
        return _when(token.created_at_ms)

    @admin.display(ordering="expires_at_ms")
    def expires(self, token: ApiToken) -> str:
        return _when(token.expires_at_ms)

    @admin.display(ordering="revoked_at_ms")
    def revoked(self, token: ApiToken) -> str:
        return _when(token.revoked_at_ms)

    @admin.display(description="last used", ordering="last_used_at_ms")
    def used(self, token: ApiToken) -> str:
        return _when(token.last_used_at_ms)

    @admin.action(description="Revoke selected tokens", permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        self.each(request, queryset, "RevokeToken", lambda token: issue.revoke(token.pk))


def _save(user: User, *, active: bool) -> None:
    accounts.save_user(user.get_username(), accounts.Changes(active=active))


def _when(at_ms: int | None) -> str:
    return "-" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
