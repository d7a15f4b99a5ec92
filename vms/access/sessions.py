"""Sessions: browsers that have logged in."""

from __future__ import annotations

import hashlib
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user, login, logout
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from vms.access import audit, passwords
from vms.access.passwords import Holder
from vms.access.principal import NOBODY, Credential, Principal, current
from vms.access.users import principal_of
from vms.access.verified import verified
from vms.database import writing

_HTPASSWD = "htpasswd"
"""In the session of a user of the htpasswd file, whom Django doesn't know: name, and the password's stamp."""


def of_cookies(
    cookies: dict[str, str], session: SessionBase | None = None, *, anew: bool = False
) -> Principal | None:
    """Whose session these cookies name; None where there is none, or it is over.

    ``session`` is that session where somebody has it already. ``anew``: what was found just now
    doesn't count.
    """
    key = cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    digest = hashlib.sha256(b"session\0" + key.encode("utf-8", "replace")).digest()
    known = None if anew else verified.get(digest)
    if known is not None:
        return known
    generation = verified.generation
    principal = _look_up(session if session is not None else _stored(key))
    if principal is not None:
        verified.keep(digest, principal, generation)
    return principal


def begin(request: HttpRequest, holder: Holder) -> None:
    """Log the holder of a password in: a new session, and nothing of whatever session was there before."""
    with writing():
        audit.write(audit.OK, action="login", who=holder.principal)
        if holder.user is not None:
            login(request, holder.user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return
        request.session.flush()
        request.session[_HTPASSWD] = [holder.principal.name, passwords.stamp(holder.principal)]
        rotate_token(request)


def end(request: HttpRequest) -> None:
    """Log out: the session is deleted, and its key is worth nothing from now on."""
    with writing():
        if current() is not NOBODY:
            audit.write(audit.OK, action="logout")
        logout(request)
    verified.forget_all()


def _stored(key: str) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store


def _look_up(session: SessionBase) -> Principal | None:
    """Django's own rules: the user is active, and has not changed the password since."""
    if _HTPASSWD in session:
        name, then = session[_HTPASSWD]
        principal = passwords.of_htpasswd(name, Credential.SESSION)
        return principal if passwords.stamp(principal) == then else None
    request = HttpRequest()
    request.session = session
    user = get_user(request)
    return principal_of(user, Credential.SESSION) if isinstance(user, User) else None
