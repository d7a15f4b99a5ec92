"""A request as it is passed on to another node: only what is needed goes along, and no credentials."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from vms.access.principal import current
from vms.access.trail import trail
from vms.conf import conf
from vms.errors import NotFound, Unavailable
from vms.fleet import people, places, tokens
from vms.fleet.client import Peer
from vms.fleet.places import Place
from vms.fleet.tokens import Who

_PATH = re.compile(r"/[A-Za-z0-9/._-]{1,200}\Z")
CREDENTIALS = ("token",)
"""Options of a query that say who asks; the token that nodes show each other says it instead."""


@dataclass(frozen=True)
class Outgoing:
    """What is asked of that node on behalf of whoever acts; made where the database may be used."""

    place: Place
    method: str
    target: str
    body: bytes
    content_type: str
    who: Who
    address: str
    """Where the asker's own request came from."""

    def signed(self) -> tuple[Peer, dict[str, str]]:
        """The node, and the headers that are good for asking it once, now."""
        us = places.here()
        if us is None:
            raise Unavailable("this server belongs to no fleet any more")
        digest = tokens.request_digest(self.method, self.target, self.body)
        claim = tokens.new_claim(
            us.identity, self.place.identity, digest, self.who, time.time(), address=self.address
        )
        fleet = conf().fleet
        peer = Peer(
            said=str(self.place),
            address=self.place.address,
            proof=tokens.proof(us.key, claim.id, self.place.identity),
            verify=fleet.verify,
            ca_file=fleet.ca_file,
        )
        headers = {tokens.HEADER: tokens.sign(us.key, claim)}
        return peer, headers | ({"Content-Type": self.content_type} if self.content_type else {})


def outgoing(
    place: Place, method: str, path: str, query: str, *, body: bytes = b"", content_type: str = ""
) -> Outgoing:
    """What whoever acts now asks of that node.

    Raises:
        Unauthorized: they are not known any more.
        NotFound: no path of ours is written so.
    """
    us = places.here()
    if us is None:
        raise Unavailable("this server belongs to no fleet any more")
    if not _PATH.match(path):
        raise NotFound(f"nothing is at {path[:80]!r}")
    options = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in CREDENTIALS]
    target = f"{path}?{urlencode(options)}" if options else path
    who = people.told(current(), us.key)
    return Outgoing(place, method, target, body, content_type, who, trail().address)
