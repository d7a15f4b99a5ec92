"""What a request brings to prove who sends it, whether that is right or not. WIRE: "Auth".

The first that is there decides: ``X-Admin-Token``, ``Authorization``, ``?token=`` (of GET and
HEAD only), and where there is none of them, the session's cookie. So a wrong one is never
made good by another one beside it.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from vms.errors import Unauthorized

MAX_SECRET = 1024
"""Characters; nothing longer is ever right, and nothing longer is looked at."""
TOKENS_BEGIN = "vmm_"
"""Every token that we issue begins so: people and secret scanners know it by that."""
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Presented:
    """A token, or a user's name and password. ``user`` is None for a token that comes alone."""

    secret: str = field(repr=False)
    user: str | None = None

    @property
    def token(self) -> str:
        """What may be a token: with HTTP Basic the password, or the name where there is no password."""
        return self.secret or self.user or ""

    @property
    def is_password(self) -> bool:
        """Whether it may be a user's password, which is slow to check: one of our tokens is none."""
        return self.user is not None and bool(self.secret) and not self.secret.startswith(TOKENS_BEGIN)

    @property
    def key(self) -> bytes:
        """A digest that is the same for the same credentials, and tells nothing of them."""
        kind = b"token" if self.user is None else b"user\0" + self.user.encode()
        return hashlib.sha256(kind + b"\0" + self.secret.encode()).digest()


def presented(headers: Mapping[str, str], method: str, query: str) -> Presented | None:
    """The credentials in a request's headers (names in lower case) or its query; None where there are none.

    Raises:
        Unauthorized: what is there is written in no way that we know, or too long.
    """
    if (admin_token := headers.get("x-admin-token")) is not None:
        return _bounded(Presented(_text(admin_token)))
    if (authorization := headers.get("authorization")) is not None:
        return _bounded(_authorization(authorization))
    tokens = parse_qs(query, keep_blank_values=True).get("token") if "token=" in query else None
    return _bounded(Presented(tokens[0])) if tokens and method in READING else None


def _authorization(header: str) -> Presented:
    scheme, _, value = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return Presented(_text(value.strip()))
        case "basic":
            return _basic(value.strip())
    raise Unauthorized("Authorization: must be Bearer with a token, or Basic with a user and a password")


def _basic(value: str) -> Presented:
    """RFC 7617, in UTF-8 as our challenge asks for."""
    try:
        text = b64decode(value, validate=True).decode("utf-8")
    except (NotBase64, ValueError):
        raise Unauthorized(
            "Authorization: Basic must be followed by user:password in UTF-8, as base64"
        ) from None
    user, _, password = text.partition(":")
    return Presented(password, user)


def _bounded(found: Presented) -> Presented:
    if len(found.secret) > MAX_SECRET or len(found.user or "") > MAX_SECRET:
        raise Unauthorized(f"a name, password or token can't have more than {MAX_SECRET} characters")
    if "\0" in found.secret or "\0" in (found.user or ""):
        raise Unauthorized("a name, password or token can't hold a NUL character")
    if not found.token:
        raise Unauthorized("the credentials are empty; a token, or a user and a password, are needed")
    return found


def _text(header: str) -> str:
    """Headers arrive as Latin-1; who sends more than ASCII means UTF-8."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")
