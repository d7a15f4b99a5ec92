"""The ways to say who one is, right and wrong ones: what each puts into a request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD, token_of
from tests.access.table import Outcome

CSRF_SECRET = "c" * 32
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Sent:
    """What goes along with a request."""

    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    query: str = ""


@dataclass(frozen=True)
class Way:
    """How somebody says who they are. ``instead(verb)`` is what they are told where this can't be let in."""

    sent: Callable[[User], Sent]
    instead: Callable[[str], Outcome | None] = lambda verb: None
    by_token: bool = False


def basic(user: str, password: str) -> Sent:
    return Sent({"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()})


def bearer(token: str) -> Sent:
    return Sent({"authorization": f"Bearer {token}"})


def session_of(user: User) -> str:
    """The key of a session in which that user has logged in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _session(user: User) -> Sent:
    cookies = {settings.SESSION_COOKIE_NAME: session_of(user), settings.CSRF_COOKIE_NAME: CSRF_SECRET}
    return Sent({"x-csrftoken": CSRF_SECRET}, cookies)


def _session_without_csrf(user: User) -> Sent:
    return Sent(cookies={settings.SESSION_COOKIE_NAME: session_of(user)})


RIGHT: dict[str, Way] = {
    "session": Way(_session),
    "session without CSRF token": Way(
        _session_without_csrf, lambda verb: None if verb in READING else Outcome.FORBIDDEN
    ),
    "Bearer": Way(lambda user: bearer(token_of(user)), by_token=True),
    "X-Admin-Token": Way(lambda user: Sent({"x-admin-token": token_of(user)}), by_token=True),
    "Basic with a password": Way(lambda user: basic(user.username, PASSWORD)),
    "Basic with a token": Way(lambda user: basic("any", token_of(user)), by_token=True),
    "token in the query": Way(
        lambda user: Sent(query=f"token={token_of(user)}"),
        lambda verb: None if verb in READING else Outcome.UNKNOWN,
        by_token=True,
    ),
}
"""Each of these proves who the user is."""


def _of_inactive(way: Way) -> Callable[[User], Sent]:
    def sent(user: User) -> Sent:
        found = way.sent(user)
        user.is_active = False
        user.save()
        return found

    return sent


def _of_deleted(way: Way) -> Callable[[User], Sent]:
    def sent(user: User) -> Sent:
        found = way.sent(user)
        User.objects.filter(pk=user.pk).delete()
        return found

    return sent


def _expired_session(user: User) -> Sent:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    found = _session(user)
    Session.objects.update(expire_date=timezone.now())
    return found


def _session_before_password_change(user: User) -> Sent:
    found = _session(user)
    user.set_password("another one")
    user.save()
    return found


WRONG: dict[str, Callable[[User], Sent]] = {
    "nothing": lambda user: Sent(),
    "CSRF token alone": lambda user: Sent(
        {"x-csrftoken": CSRF_SECRET}, {settings.CSRF_COOKIE_NAME: CSRF_SECRET}
    ),
    "wrong token": lambda user: bearer("vmm_" + "x" * 43),
    "token's prefix": lambda user: bearer(token_of(user)[:-1]),
    "token in other case": lambda user: bearer(token_of(user).swapcase()),
    "wrong X-Admin-Token": lambda user: Sent({"x-admin-token": "wrong"}),
    "wrong password": lambda user: basic(user.username, "wrong"),
    "unknown user": lambda user: basic("nobody-at-all", PASSWORD),
    "empty password": lambda user: basic(user.username, ""),
    "password hash as password": lambda user: basic(user.username, user.password),
    "wrong token in the query": lambda user: Sent(query="token=wrong"),
    "wrong session": lambda user: Sent(cookies={settings.SESSION_COOKIE_NAME: "s" * 32}),
    "expired token": lambda user: bearer(token_of(user, expires_at_ms=1)),
    "revoked token": lambda user: bearer(token_of(user, revoked_at_ms=1)),
    "expired session": _expired_session,
    "session from before a change of password": _session_before_password_change,
    **{f"{name} of an inactive user": _of_inactive(way) for name, way in RIGHT.items()},
    **{f"{name} of a deleted user": _of_deleted(way) for name, way in RIGHT.items()},
}
"""None of these proves anything."""


def operators_own(auth: dict[str, Any], tmp_path: Any) -> dict[str, Sent]:
    """Credentials of the configuration, which ``auth`` is told of: as good as an admin's."""
    import bcrypt

    file = tmp_path / "htpasswd"
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    file.write_text(f"keeper:{hashed}\n")
    token = "configured-" + "t" * 32
    auth |= {"tokens": (token,), "htpasswd_file": file}
    return {"configured token": bearer(token), "htpasswd": basic("keeper", PASSWORD)}
