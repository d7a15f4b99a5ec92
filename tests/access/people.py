"""People and their tokens, as tests about access need them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from tests.real.people import PASSWORD as PASSWORD
from vms.access import tokens
from vms.choices import Role
from vms.conf import conf
from vms.database import now_ms
from vms.models import Account, ApiToken


def with_login(**auth: Any) -> Any:
    """The configuration with authentication switched on; set it as ``settings.VMM``."""
    changed = conf().auth.model_copy(update={"enabled": True, **auth})
    return conf().model_copy(update={"auth": changed})


def person(name: str, role: Role | None = Role.MEMBER, **fields: Any) -> User:
    """A user who can log in with ``PASSWORD``; without a role, one who has no account."""
    user = User.objects.create_user(name, password=PASSWORD, **fields)
    if role is not None:
        Account.objects.create(user=user, role=role)
    return user


def token_of(user: User | None, role: Role | str = "", **fields: Any) -> str:
    """A token of that user, or of a service with that role; the secret itself."""
    secret = tokens.new_token()
    ApiToken.objects.create(
        user=user,
        role=role,
        name="test",
        prefix=secret[: tokens.PREFIX_LENGTH],
        digest=tokens.digest_of(secret),
        **{"created_at_ms": now_ms()} | fields,
    )
    return secret
