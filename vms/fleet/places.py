"""Where a VM's own node is: here, or at another address. One clear place to ask it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from vms.conf import conf, identity
from vms.database import now_ms
from vms.errors import NotFound, Unavailable
from vms.fleet.tokens import key_of
from vms.models import Node, Vm

LOST_MS = 15_000
"""A node that wrote no heartbeat for so long is not asked at all."""
_COLUMNS = ("name", "identity", "address", "heartbeat_at_ms")

relayed: ContextVar[bool] = ContextVar("relayed", default=False)
"""Whether what is being served was asked by another node: it is never passed on a second time."""


@dataclass(frozen=True)
class Here:
    """This node in its fleet: who it is, and the key that it shares with the others."""

    identity: str
    key: bytes


@dataclass(frozen=True)
class Place:
    """Another node: its name, its identity, and the URL that it is reached by."""

    name: str
    identity: str
    address: str

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.address})"


def here() -> Here | None:
    """This node, None where it works alone."""
    secret = conf().fleet.secret
    return Here(identity(), key_of(secret)) if secret else None


def of_vm(vm_id: str) -> Place | None:
    """Where that VM is, None where it is here, or nowhere; at most one query. Raises as ``of_node``."""
    us = here()
    if us is None:
        return None
    row = Vm.objects.filter(pk=vm_id).values_list(*(f"node__{column}" for column in _COLUMNS)).first()
    return None if row is None else _place(us, *row)


def of_node(node_id: int) -> Place | None:
    """Where that node is, None where it is this one; at most one query.

    Raises:
        Unavailable: it can't be asked: it was not heard of lately, or nobody said how it is reached.
    """
    us = here()
    if us is None:
        return None
    row = Node.objects.filter(pk=node_id).values_list(*_COLUMNS).first()
    return None if row is None else _place(us, *row)


def of_name(name: str) -> Place | None:
    """Where the node of that name is, None where it is this one. Raises NotFound, and as ``of_node``."""
    if name == conf().effective_node_name:
        return None
    us, row = here(), Node.objects.filter(name=name).values_list(*_COLUMNS).first()
    if us is None or row is None:
        raise NotFound(f"no node is called {name[:80]!r}")
    return _place(us, *row)


def _place(us: Here, name: str, its: str, address: str, heartbeat_at_ms: int) -> Place | None:
    if name == conf().effective_node_name or its == us.identity:
        return None
    if relayed.get():
        raise Unavailable(
            f"it is for node {name!r} to answer; two nodes disagree on that: try again in a moment"
        )
    if heartbeat_at_ms == 0:
        raise Unavailable(f"node {name!r} has ended, and only it can tell; start its server, then try again")
    silent_ms = now_ms() - heartbeat_at_ms
    if silent_ms >= LOST_MS:
        raise Unavailable(
            f"node {name!r} has not been heard of for {silent_ms // 1000} s, and only it can tell; "
            "look after its server and its network"
        )
    if not its or not address:
        raise Unavailable(f"node {name!r} says no address by which others reach it; set its [fleet] address")
    return Place(name, its, address)
