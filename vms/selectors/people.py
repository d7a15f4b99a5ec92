"""Users and tokens, as they are told to those who manage them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from vms.choices import Role
from vms.models import Account, ApiToken

QUOTAS = ("max_vms", "max_vcpu", "max_memory", "max_disk_size", "max_gpus")


def role_of(user: User) -> Role:
    """The account's; without an account, a superuser is an admin and everybody else a member."""
    try:
        account: Account = user.account
    except Account.DoesNotExist:
        return Role.ADMIN if user.is_superuser else Role.MEMBER
    return Role(account.role)


def users() -> list[dict[str, Any]]:
    """Everybody, by name."""
    return [_user(user) for user in User.objects.select_related("account").order_by("username")]


def token(row: ApiToken) -> dict[str, Any]:
    """All of a token that may be told."""
    return {
        "id": row.pk,
        "name": row.name,
        "user": None if row.user is None else row.user.get_username(),
        "role": row.role if row.user is None else role_of(row.user).value,
        "scopes": row.scopes or [],
        "prefix": row.prefix,
        "created_at_ms": row.created_at_ms,
        "expires_at_ms": row.expires_at_ms,
        "revoked_at_ms": row.revoked_at_ms,
        "last_used_at_ms": row.last_used_at_ms,
        "last_used_from": row.last_used_from,
    }


def _user(user: User) -> dict[str, Any]:
    account = getattr(user, "account", None)
    return {
        "id": user.pk,
        "name": user.get_username(),
        "role": role_of(user).value,
        "active": user.is_active,
        **{quota: getattr(account, quota, None) for quota in QUOTAS},
        "last_login_ms": None if user.last_login is None else int(user.last_login.timestamp() * 1000),
    }
