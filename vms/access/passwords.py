"""Users' passwords: Django's users and those of the operator's htpasswd file.

A name that a Django user has, active or not, is that user's alone. A check is made slow on
purpose (about 50 ms, and 100 MB of memory), so there is one at a time, on a thread of its own;
a few wait for their turn, all others are told to come back. A name that nobody has takes as
long as a wrong password.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import close_old_connections

from vms.access import htpasswd
from vms.access.principal import Credential, Principal
from vms.access.users import principal_of
from vms.choices import Role
from vms.conf import conf
from vms.errors import Throttled, Unauthorized

MAX_WAITING = 16
"""Checks that wait for their turn: about a second's worth."""
T = TypeVar("T")

_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
_places = threading.BoundedSemaphore(MAX_WAITING)


@dataclass(frozen=True)
class Holder:
    """Whose a password is: a Django user, or (with the entry's hash) one of the htpasswd file."""

    principal: Principal
    user: User | None = None
    entry: str | None = None


def holder(name: str, password: str) -> Holder | None:
    """Whose name and password those are, None where they are wrong. Slow: see ``in_turn``."""
    user = User.objects.filter(username=User.normalize_username(name)).first()
    if user is not None:
        right = user.check_password(password)
        return Holder(principal_of(user, Credential.PASSWORD), user) if right and user.is_active else None
    file = htpasswd.configured_file()
    entry = file.hash_of(name) if file is not None else None
    if entry is None:
        make_password(password)
        return None
    return Holder(of_htpasswd(name), entry=entry) if htpasswd.matches(password, entry) else None


def is_known(name: str) -> bool:
    """Whether somebody has that name. What nobody has may be a password, typed into the wrong field."""
    file = htpasswd.configured_file()
    return User.objects.filter(username=name).exists() or bool(file is not None and file.hash_of(name))


def of_htpasswd(name: str, credential: Credential = Credential.CONFIGURED) -> Principal:
    """A user of the htpasswd file."""
    return Principal(name, Role(conf().auth.htpasswd_role), credential)


def stamp(principal: Principal) -> str | None:
    """Tells that user's password from every later one; None where they may not log in any more."""
    if principal.user_id is not None:
        user = User.objects.filter(pk=principal.user_id, is_active=True).first()
        return None if user is None else user.get_session_auth_hash()
    if User.objects.filter(username=principal.name).exists():
        return None
    file = htpasswd.configured_file()
    entry = file.hash_of(principal.name) if file is not None else None
    return None if entry is None else htpasswd.fingerprint(entry)


def still(principal: Principal, then: str | None) -> Principal:
    """Who that is by now, who proved it by a password when its stamp was ``then``.

    Raises:
        Unauthorized: the password was changed since, or the user may not log in any more.
    """
    now = stamp(principal)
    if now is None or now != then:
        raise Unauthorized("the password was changed, or its user may not log in any more")
    if principal.user_id is None:
        return principal
    return principal_of(User.objects.get(pk=principal.user_id), principal.credential)


def in_turn(check: Callable[[], T]) -> Future[T]:
    """Have ``check`` run when its turn comes. Raises Throttled where too many wait already."""
    if not _places.acquire(blocking=False):
        raise busy()

    def run() -> T:
        close_old_connections()
        return check()

    future = _pool.submit(copy_context().run, run)
    future.add_done_callback(lambda _: _places.release())
    return future


async def in_turn_on_loop(check: Callable[[], T]) -> T:
    """The same, for those who wait on the event loop."""
    return await asyncio.wrap_future(in_turn(check))


def busy() -> Throttled:
    """The refusal of a check for which there is no room."""
    error = Throttled("too many log in at this moment; try again in 1 s")
    error.retry_after_s = 1
    return error
