"""What a node shows to another that it asks on somebody's behalf, and what that one proves in turn.

A token is ``base64url(JSON).base64url(HMAC-SHA256)``, good for one request, once, for half a minute:
it names both nodes, who asks, and a digest of the request. The answer carries the proof that it comes
from the node that was meant. Both are made with a key that is derived from the fleet's secret, which
itself is never sent. Nothing here knows a database or a network.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vms.errors import Unauthorized, Unavailable

HEADER = "X-Vmm-Fleet"
PROOF_HEADER = "X-Vmm-Fleet-Proof"
LIFETIME_S = 30
MAX_SKEW_S = 30
"""So far the clocks of two nodes may differ."""
MAX_TOKEN = 8192
"""Characters; one with the longest name in it is far shorter."""
MAX_REMEMBERED = 100_000
"""Tokens that were used and have not expired."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}\Z")
_HEX_32 = re.compile(r"[0-9a-f]{32}\Z")
_HEX_64 = re.compile(r"[0-9a-f]{64}\Z")
_FIELDS = {"iss", "aud", "exp", "jti", "request", "who", "address"}
_OF_WHO = {"kind", "user_id", "token_id", "name", "stamp"}


class Kind(StrEnum):
    """How it is found out again who asks; nothing of what they may do is taken from a token."""

    ANYBODY = "anybody"
    """Nobody has to log in, at neither node."""
    SESSION = "session"
    PASSWORD = "password"
    TOKEN = "token"
    """One that we issued; ``token_id`` says which."""
    CONFIGURED = "configured"
    """One of the operator's configuration; ``stamp`` is its keyed digest."""
    HTPASSWD = "htpasswd"
    """A user of the operator's file; ``stamp`` is the entry's."""


@dataclass(frozen=True)
class Who:
    """Somebody, as far as another node needs it to find them again."""

    kind: Kind
    user_id: int | None = None
    token_id: int | None = None
    name: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class Claim:
    """A token's content. Nodes are named by their identities, ``expires_at`` is in seconds since 1970.

    ``request`` is :func:`request_digest`, ``address`` where the asker's request came from.
    """

    issuer: str
    audience: str
    expires_at: int
    id: str
    request: str
    who: Who
    address: str = ""


@lru_cache(maxsize=4)
def key_of(secret: str) -> bytes:
    """The key that tokens and proofs are made with (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=b"dstack-vmm fleet requests 1").derive(secret.encode())


def request_digest(method: str, target: str, body: bytes = b"") -> str:
    """SHA-256, hex, of what is asked: ``target`` is path and query as they are sent."""
    text = f"{method}\n{target}\n{hashlib.sha256(body).hexdigest()}"
    return hashlib.sha256(text.encode()).hexdigest()


def new_claim(
    issuer: str, audience: str, request: str, who: Who, now_s: float, *, address: str = ""
) -> Claim:
    """A claim for one request that is sent now."""
    return Claim(issuer, audience, int(now_s) + LIFETIME_S, secrets.token_hex(16), request, who, address)


def sign(key: bytes, claim: Claim) -> str:
    """The token of a claim."""
    content = {
        "iss": claim.issuer,
        "aud": claim.audience,
        "exp": claim.expires_at,
        "jti": claim.id,
        "request": claim.request,
        "who": {
            "kind": claim.who.kind,
            "user_id": claim.who.user_id,
            "token_id": claim.who.token_id,
            "name": claim.who.name,
            "stamp": claim.who.stamp,
        },
        "address": claim.address,
    }
    text = _base64(orjson.dumps(content))
    return f"{text}.{_base64(_mac(key, b'request', text))}"


def read(key: bytes, token: str, *, audience: str, request: str, now_s: float) -> Claim:
    """The claim of a token that is good here, now, for this request. Whether it was used, ``Once`` knows.

    Raises:
        Unauthorized: it isn't; says why, as far as it is signed by one who knows the secret.
    """
    if len(token) > MAX_TOKEN or not _TOKEN.match(token):
        raise Unauthorized(f"{HEADER}: is no token of a node")
    text, _, mac = token.partition(".")
    if not hmac.compare_digest(_base64(_mac(key, b"request", text)), mac):
        raise Unauthorized(f"{HEADER}: is not signed with this fleet's secret; all nodes must have the same")
    claim = _claim(text)
    if claim.audience != audience:
        raise Unauthorized(
            f"{HEADER}: is meant for the node {claim.audience}, this is {audience}: "
            "look at the two nodes' [fleet] address"
        )
    remaining = claim.expires_at - now_s
    if remaining < -MAX_SKEW_S:
        raise Unauthorized(
            f"{HEADER}: expired {-remaining:.0f} s ago; the clocks of two nodes may differ by {MAX_SKEW_S} s"
        )
    if remaining > LIFETIME_S + MAX_SKEW_S:
        ahead = remaining - LIFETIME_S
        raise Unauthorized(
            f"{HEADER}: comes from {ahead:.0f} s in the future; "
            f"the clocks of two nodes may differ by {MAX_SKEW_S} s"
        )
    if not hmac.compare_digest(claim.request, request):
        raise Unauthorized(f"{HEADER}: was made for another request")
    return claim


def proof(key: bytes, claim_id: str, identity: str) -> str:
    """What only the node of that identity may answer to that claim, hex."""
    return _mac(key, b"proof", f"{claim_id}.{identity}").hex()


def is_proof(key: bytes, given: str, claim_id: str, identity: str) -> bool:
    """Whether that is the proof; in constant time."""
    return hmac.compare_digest(given.encode(), proof(key, claim_id, identity).encode())


def keyed_digest(key: bytes, secret: str) -> str:
    """Tells a configured token from every other, and nothing of it to those who don't know the key."""
    return _mac(key, b"configured", secret).hex()


class Once:
    """Remembers which tokens were used, as long as they would be good. From any thread."""

    def __init__(self, most: int = MAX_REMEMBERED) -> None:
        self._most = most
        self._used: set[str] = set()
        self._ends: list[tuple[int, str]] = []
        self._lock = threading.Lock()

    def use(self, claim: Claim, now_s: float) -> None:
        """Raises Unauthorized if it was used, Unavailable where no more can be remembered."""
        with self._lock:
            while self._ends and self._ends[0][0] < now_s:
                self._used.discard(heapq.heappop(self._ends)[1])
            if claim.id in self._used:
                raise Unauthorized(f"{HEADER}: was used before")
            if len(self._used) >= self._most:
                raise Unavailable("other nodes ask more than this node can remember; try again in a minute")
            self._used.add(claim.id)
            heapq.heappush(self._ends, (claim.expires_at + MAX_SKEW_S, claim.id))


def _mac(key: bytes, purpose: bytes, text: str) -> bytes:
    return hmac.digest(key, purpose + b"\0" + text.encode(), "sha256")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _claim(text: str) -> Claim:
    """Signed or not, its form is looked at: another version of the program may have made it."""
    try:
        content = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return _strictly(content)
    except (binascii.Error, ValueError, TypeError, KeyError) as error:
        raise Unauthorized(
            f"{HEADER}: is not of the form that this version knows; run the same version on all nodes"
        ) from error


def _strictly(content: dict[str, Any]) -> Claim:
    """Raises ValueError, TypeError or KeyError."""
    who = content["who"]
    if set(content) != _FIELDS or set(who) != _OF_WHO:
        raise ValueError("other fields")
    for name, pattern in (("iss", _HEX_32), ("aud", _HEX_32), ("jti", _HEX_32), ("request", _HEX_64)):
        if not pattern.match(content[name]):
            raise ValueError(name)
    if type(content["exp"]) is not int:
        raise TypeError("exp")
    for value, kinds in (
        (who["user_id"], (int, type(None))),
        (who["token_id"], (int, type(None))),
        (who["name"], (str,)),
        (who["stamp"], (str,)),
        (content["address"], (str,)),
    ):
        if type(value) not in kinds:
            raise TypeError("who")
    return Claim(
        issuer=content["iss"],
        audience=content["aud"],
        expires_at=content["exp"],
        id=content["jti"],
        request=content["request"],
        who=Who(Kind(who["kind"]), who["user_id"], who["token_id"], who["name"], who["stamp"]),
        address=content["address"],
    )
