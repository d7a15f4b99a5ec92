"""Who may act for a node: one process at a time, told apart by a lease in the node's row.

Times in the row are by the clock of the database, so that nodes whose clocks differ agree. Whether
a lease is still held is decided by its holder's own monotonic clock alone.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import IntegrityError, connection

from vms.database import common_now_ms, writing
from vms.models import Node

LEASE_MS = 15_000
PATIENCE_S = 20.0
LOOK_AGAIN_S = 1.0
HOLDER = uuid.uuid4().hex
"""This process, of all that ever were."""


class PostTaken(Exception):
    """Somebody else is that node; the message says who, and the way out."""


class LeaseLost(Exception):
    """Another process acts for this node now: this one must not do anything any more."""


@dataclass(frozen=True)
class Claim:
    """Who wants to be which node. ``address`` is where other nodes reach it, empty on a host alone."""

    name: str
    identity: str
    address: str = ""


def take_post(
    claim: Claim,
    tell: Callable[[str], None] = lambda _: None,
    *,
    holder: str = HOLDER,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Become that node, before anything is listened on; whoever was it before is gone then.

    A lease that is still good, of the same identity, is waited for; ``tell`` is told so. On SQLite the
    data folder's lock was taken before, and says that nobody else is there.

    Raises:
        PostTaken: that name, or that identity, is somebody else's.
    """
    given_up_at = time.monotonic() + PATIENCE_S
    first_seen = None
    while True:
        try:
            until = _try(claim, holder)
        except IntegrityError:
            continue  # somebody else wrote that name or identity just now: look who it is
        if until is None:
            return
        if first_seen is None:
            first_seen = until
            tell(
                f"node {claim.name!r} may still be acted for by another process; waiting for its lease to end"
            )
        if until > first_seen or time.monotonic() > given_up_at:
            raise PostTaken(
                f"another process is node {claim.name!r} with this very identity ({claim.identity}), and "
                "lives: was the data folder copied? End that one; or delete the file node-id here and "
                "choose another node_name"
            )
        pause(LOOK_AGAIN_S)


def _try(claim: Claim, holder: str) -> int | None:
    """Take the post if nobody has it; else until when they have it, by the database's clock."""
    with writing():
        now = common_now_ms()
        node = _row_of(claim)
        if node is None:
            Node.objects.create(
                name=claim.name,
                identity=claim.identity,
                address=claim.address,
                lease_holder=holder,
                lease_until_ms=now + LEASE_MS,
            )
            return None
        is_free = node.lease_holder in ("", holder) or node.lease_until_ms <= now
        if not is_free and connection.vendor != "sqlite":
            return node.lease_until_ms
        taken = Node.objects.filter(
            pk=node.pk, lease_holder=node.lease_holder, lease_until_ms=node.lease_until_ms
        ).update(
            name=claim.name,
            identity=claim.identity,
            address=claim.address,
            lease_holder=holder,
            lease_until_ms=now + LEASE_MS,
            heartbeat_at_ms=0,
        )
    return None if taken else now + LEASE_MS


def _row_of(claim: Claim) -> Node | None:
    """The node's row: by its identity, which it keeps under another name, else by its name."""
    known = Node.objects.filter(identity=claim.identity).first()
    named = Node.objects.filter(name=claim.name).first()
    if named is not None and named.identity not in ("", claim.identity) and connection.vendor != "sqlite":
        since = "it never worked yet"
        if named.heartbeat_at_ms:
            since = f"last heard of at {datetime.fromtimestamp(named.heartbeat_at_ms / 1000, UTC):%F %T} UTC"
        raise PostTaken(
            f"node_name {claim.name!r} is another node's: identity {named.identity}, address "
            f"{named.address or 'not told'}, {since}; this one's identity is {claim.identity}. Choose "
            "another node_name; or, where this is that node with a new data folder, put its node-id back"
        )
    if known is not None and named is not None and known.pk != named.pk:
        raise PostTaken(
            f"node_name {claim.name!r} is taken by a node of the same database, and this one was "
            f"{known.name!r} until now; choose another node_name, or go back to that"
        )
    node = known or named
    if node is None and connection.vendor == "sqlite":
        _refuse_second(claim)
    return node


def _refuse_second(claim: Claim) -> None:
    """Raises PostTaken where this SQLite database is of a node by another name."""
    other = Node.objects.order_by("pk").first()
    if other is not None:
        raise PostTaken(
            f"this data folder is node {other.name!r}, not {claim.name!r}, and SQLite holds one node only. "
            f"Set node_name = {other.name!r} to go on with its virtual machines; several nodes need "
            "database_url (PostgreSQL), redis_url and [fleet]"
        )
