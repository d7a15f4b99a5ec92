"""Making and revoking tokens: one's own for whoever has an account, all for those who manage access."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from vms.access.policy import Permission, allows
from vms.access.principal import Credential, Principal, current
from vms.access.tokens import PREFIX_LENGTH, digest_of, new_token
from vms.choices import Role
from vms.database import now_ms, writing
from vms.errors import Conflict, Forbidden, Invalid, NotFound
from vms.models import ApiToken

MAX_TOKENS = 100
"""That one user, or all services together, may have at a time."""
MAX_NAME = 100


@dataclass(frozen=True)
class Wanted:
    """A token to be made. ``user`` empty: one's own, or with ``role`` a service's.

    ``scopes`` are names of permissions, none for no limit; ``expires_at_ms`` is in ms since 1970.
    """

    name: str
    user: str = ""
    role: str = ""
    scopes: tuple[str, ...] = ()
    expires_at_ms: int | None = None


def create(wanted: Wanted) -> tuple[ApiToken, str]:
    """The token's row and the token itself, which nobody can find out later.

    Raises:
        Invalid: a value can't be.
        Forbidden: whoever asks may not make that one.
        Conflict: there are too many already.
    """
    _demand_login(current())
    _check(wanted)
    owner = _owner(wanted, current())
    secret = new_token()
    with writing():
        now = now_ms()
        others = ApiToken.objects.filter(user=owner, revoked_at_ms=None).exclude(expires_at_ms__lte=now)
        if others.count() >= MAX_TOKENS:
            raise Conflict(f"there are {MAX_TOKENS} tokens already; revoke some first")
        row = ApiToken.objects.create(
            name=wanted.name.strip(),
            user=owner,
            role=wanted.role,
            scopes=sorted(set(wanted.scopes)) or None,
            prefix=secret[:PREFIX_LENGTH],
            digest=digest_of(secret),
            created_at_ms=now,
            expires_at_ms=wanted.expires_at_ms,
        )
    return row, secret


def revoke(token_id: int) -> None:
    """Nobody gets in by that token from now on; a second time changes nothing. Raises NotFound."""
    with writing():
        row = seen().filter(pk=token_id).first()
        if row is None:
            raise NotFound(f"there is no token {token_id}, or it isn't yours")
        if row.revoked_at_ms is None:
            row.revoked_at_ms = now_ms()
            row.save(update_fields=["revoked_at_ms"])


def seen() -> QuerySet[ApiToken]:
    """The tokens that whoever acts now may see: their own, or all."""
    who = current()
    tokens = ApiToken.objects.select_related("user", "user__account")
    if allows(who, Permission.MANAGE_ACCESS):
        return tokens
    return tokens.none() if who.user_id is None else tokens.filter(user=who.user_id)


def _demand_login(who: Principal) -> None:
    """A token that leaked must not be able to outlive its own end, or its limits, by making others."""
    if who.credential is Credential.TOKEN and not allows(who, Permission.MANAGE_ACCESS):
        raise Forbidden("a token can't make tokens: log in with your password, or ask an admin")


def _check(wanted: Wanted) -> None:
    if not wanted.name.strip() or len(wanted.name) > MAX_NAME:
        raise Invalid(f"name: must have 1 to {MAX_NAME} characters; say what the token is for")
    if any(not character.isprintable() for character in wanted.name):
        raise Invalid("name: must be one line of readable text")
    known = Permission.__members__
    for scope in wanted.scopes:
        if scope not in known:
            raise Invalid(f"scopes: there is no {scope[:40]!r}; there are {', '.join(known)}")
    if wanted.expires_at_ms is not None and not now_ms() < wanted.expires_at_ms < 2**63:
        raise Invalid("expires_at_ms: must be a time to come, in milliseconds since 1970; absent for never")


def _owner(wanted: Wanted, who: Principal) -> User | None:
    """Whose it will be; None for a service."""
    if wanted.role:
        if wanted.user:
            raise Invalid("role: is of services only; a user's token has the user's role")
        if wanted.role not in Role.values:
            raise Invalid(f"role: must be one of {', '.join(Role.values)}, not {wanted.role[:40]!r}")
    own = None if who.user_id is None else User.objects.filter(pk=who.user_id).first()
    mine = own is not None and not wanted.role and wanted.user in ("", own.get_username())
    if not mine and not allows(who, Permission.MANAGE_ACCESS):
        raise Forbidden(f"{who.name} ({who.role.value}) may make tokens of their own only; needed: admin")
    if wanted.role:
        return None
    if mine:
        return own
    if not wanted.user:
        raise Invalid("user: whose token? Give a user, or a role for a service's")
    user = User.objects.filter(username=wanted.user).first()
    if user is None:
        raise NotFound(f"user: there is no user {wanted.user[:80]!r}")
    return user
