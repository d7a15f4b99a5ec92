"""Tokens: the ones that we issue, of which only a digest is kept, and the operator's configured ones."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import IntEnum

from vms.access.presented import TOKENS_BEGIN
from vms.access.principal import Credential, Principal
from vms.choices import Role
from vms.conf import conf
from vms.database import now_ms
from vms.errors import Unauthorized
from vms.models import ApiToken
from vms.selectors.people import role_of

PREFIX_LENGTH = 10
"""Characters of a token that are kept to know it again by."""
_RANDOM_BYTES = 32


@dataclass(frozen=True)
class Known:
    """Whose a token is, and for how many milliseconds it is good yet; None for ever."""

    principal: Principal
    ends_in_ms: int | None = None


class Strength(IntEnum):
    """How many characters a configured token must have: operators choose them, and some can be guessed."""

    ANY = 1
    UNGUESSABLE = 32


def new_token() -> str:
    """256 random bits: nobody guesses it, so a plain digest is enough to keep."""
    return TOKENS_BEGIN + secrets.token_urlsafe(_RANDOM_BYTES)


def digest_of(token: str) -> str:
    """SHA-256, hex. What is looked up is the digest, so how long that takes tells nothing of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def issued(token: str) -> Known | None:
    """Who that token stands for; None where we issued no such token.

    Raises:
        Unauthorized: it was ours once: it has expired, was revoked, or its user may not log in.
    """
    if not token.startswith(TOKENS_BEGIN):
        return None
    row = ApiToken.objects.select_related("user", "user__account").filter(digest=digest_of(token)).first()
    return None if row is None else _still_good(row)


def by_id(token_id: int) -> Known:
    """Who the token of that id stands for, found right before. Raises Unauthorized as ``issued``."""
    row = ApiToken.objects.select_related("user", "user__account").filter(pk=token_id).first()
    if row is None:
        raise Unauthorized("the token is no more; ask an admin for another one")
    return _still_good(row)


def _still_good(row: ApiToken) -> Known:
    now = now_ms()
    if row.revoked_at_ms is not None:
        raise Unauthorized(f"the token {row.prefix}… was revoked; ask an admin for another one")
    if row.expires_at_ms is not None and row.expires_at_ms <= now:
        raise Unauthorized(f"the token {row.prefix}… has expired; make a new one")
    if row.user is not None and not row.user.is_active:
        raise Unauthorized(f"the user whose token {row.prefix}… is may not log in any more")
    principal = Principal(
        name=row.user.get_username() if row.user is not None else row.name,
        role=role_of(row.user) if row.user is not None else Role(row.role),
        credential=Credential.TOKEN,
        user_id=row.user_id,
        token_id=row.pk,
        scopes=None if row.scopes is None else frozenset(row.scopes),
    )
    return Known(principal, None if row.expires_at_ms is None else row.expires_at_ms - now)


def configured(token: str, strength: Strength = Strength.ANY) -> Known | None:
    """The operator's ``[auth] tokens``, as good as an admin. Every one is compared, in constant time."""
    if len(token) < strength:
        return None
    digest = digest_of(token)
    found: int | None = None
    for number, candidate in enumerate(conf().auth.tokens, start=1):
        if hmac.compare_digest(digest, digest_of(candidate)):
            found = number
    if found is None:
        return None
    return Known(Principal(f"configured token {found}", Role.ADMIN, Credential.CONFIGURED))
