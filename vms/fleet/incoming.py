"""What another node asks: is it one of this fleet, and who asks through it? For HTTP and websockets alike."""

from __future__ import annotations

import time
from dataclasses import dataclass

from vms.access.principal import Principal
from vms.access.trail import trail
from vms.errors import Unauthorized
from vms.fleet import people, places, tokens
from vms.fleet.tokens import HEADER, Once

once = Once()
"""The process's only one."""


@dataclass(frozen=True)
class Asked:
    """A request of another node, whose token was good. The answer must carry ``proof``."""

    who: tokens.Who
    proof: str
    key: bytes

    def principal(self) -> Principal:
        """Who asks, as of now. Where the database may be used. Raises Unauthorized."""
        return people.found_again(self.who, self.key)


def accept(token: str, method: str, target: str, body: bytes = b"") -> Asked:
    """What that token stands for. It is used up, and this context serves another node from now on.

    Raises:
        Unauthorized: it is not good, or this server belongs to no fleet.
        Unavailable: more were used than can be remembered.
    """
    us = places.here()
    if us is None:
        raise Unauthorized(f"{HEADER}: this server belongs to no fleet; it needs the others' [fleet] secret")
    request = tokens.request_digest(method, target, body)
    claim = tokens.read(us.key, token, audience=us.identity, request=request, now_s=time.time())
    once.use(claim, time.time())
    places.relayed.set(True)
    if claim.address:
        trail().address = claim.address
    return Asked(claim.who, tokens.proof(us.key, claim.id, us.identity), us.key)


def target_of(path: str, query: str) -> str:
    """What was asked for, as whoever signed it wrote it down."""
    return f"{path}?{query}" if query else path
