"""Who acts: bound to a request, a websocket or a command, and known to everything done for it.

It is kept in a context variable, so it is there on the thread that runs a request, in what
is awaited for it afterwards, and nowhere else. Outside of any request (the worker, a
management command) the program itself acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

import structlog

from vms.choices import Role


class Credential(StrEnum):
    """How somebody proved who they are."""

    NONE = "none"
    """Nobody asked: authentication is switched off, or the program itself acts."""
    SESSION = "session"
    """A browser that has logged in; what it changes must carry the CSRF token."""
    PASSWORD = "password"
    """HTTP Basic with a user's password."""
    TOKEN = "token"
    """An API token of a user or a service."""
    CONFIGURED = "configured"
    """A token or an htpasswd entry of the operator's configuration."""


@dataclass(frozen=True)
class Principal:
    """Somebody whose credentials were right.

    ``name`` is for people and for the audit. ``user_id`` is the account's, ``None`` for those
    that have none (the operator's configured tokens, the program itself). ``token_id`` is that
    of the API token which was used, if one was.
    """

    name: str
    role: Role
    credential: Credential
    user_id: int | None = None
    token_id: int | None = None
    scopes: frozenset[str] | None = None
    """Names of the permissions that the token is limited to; ``None`` for all that the role allows."""

    @property
    def sees_everything(self) -> bool:
        """Whether other people's VMs are theirs to see, too."""
        return self.role != Role.MEMBER


THE_PROGRAM = Principal("system", Role.ADMIN, Credential.NONE)
"""The worker and management commands: whoever runs those owns the host anyway."""

ANYBODY = Principal("anybody", Role.ADMIN, Credential.NONE)
"""Everyone who reaches a server without authentication, which listens for this host only."""

NOBODY = Principal("nobody", Role.MEMBER, Credential.NONE, scopes=frozenset())
"""Whoever has not said who they are, or not rightly: allowed nothing."""

_current: ContextVar[Principal] = ContextVar("principal", default=THE_PROGRAM)


def current() -> Principal:
    """Who acts now."""
    return _current.get()


def bind(principal: Principal) -> None:
    """From now on, in this context, ``principal`` acts; its log lines say so."""
    _current.set(principal)
    structlog.contextvars.bind_contextvars(who=principal.name)


@contextmanager
def acting_as(principal: Principal) -> Iterator[None]:
    """``principal`` acts within the block."""
    token = _current.set(principal)
    try:
        yield
    finally:
        _current.reset(token)
