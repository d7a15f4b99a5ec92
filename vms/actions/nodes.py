"""What a node says of itself, and whether its worker is there to act."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from vms import faults
from vms.actions.lease import HOLDER, LEASE_MS, LeaseLost
from vms.conf import conf
from vms.database import common_now_ms, now_ms, writing
from vms.errors import Unavailable
from vms.models import Node
from vms.selectors import capabilities
from vms.selectors.nodes import HEARTBEAT_LOST_MS
from vms.version import REV

HEARTBEAT_INTERVAL_S = 3.0


def register(
    name: str,
    *,
    version: str,
    platform: str,
    accelerator: str,
    notice: str,
    missing: str = "",
    qemu_version: str = "",
    vcpus: int = 0,
    memory_mb: int = 0,
) -> Node:
    """Write down what this node is, at its worker's start. Requests wait for its first heartbeat.

    ``missing`` says what confidential VMs lack here, ``qemu_version`` is the number alone, ``vcpus``
    and ``memory_mb`` are all that the host has.
    """
    faults.point("start.registering")
    with writing():
        node, _ = Node.objects.update_or_create(
            name=name,
            defaults={
                "version": version,
                "rev": REV,
                "platform": platform,
                "accelerator": accelerator,
                "notice": notice,
                "missing": missing,
                "qemu_version": qemu_version,
                "vcpus": vcpus,
                "memory_mb": memory_mb,
                "capabilities": capabilities.own().document(),
                "heartbeat_at_ms": 0,
            },
        )
    return node


def record_findings(node_id: int, findings: list[dict[str, object]]) -> None:
    """Write down what the host lacks, as found now; what is well is not told."""
    with writing():
        Node.objects.filter(pk=node_id).update(findings=findings, findings_at_ms=now_ms())


@dataclass(frozen=True)
class Room:
    """What a host has and uses; None where the kernel doesn't tell. ``cpu`` is a percentage of all."""

    disk_total_mb: int | None = None
    disk_free_mb: int | None = None
    memory_used_mb: int | None = None
    cpu: float | None = None


def heartbeat(node_id: int, room: Room = Room()) -> None:
    """The worker is alive and has adopted what runs; its lease is good for 15 s from now.

    Raises:
        LeaseLost: another process acts for the node, or it was removed.
    """
    now = now_ms()
    fields: dict[str, object] = {"heartbeat_at_ms": now, "lease_holder": HOLDER}
    if room.disk_total_mb is not None:
        fields |= {"disk_total_mb": room.disk_total_mb, "disk_free_mb": room.disk_free_mb or 0}
    if room.memory_used_mb is not None:
        fields["load"] = {"cpu": room.cpu, "memory_mb": room.memory_used_mb, "at_ms": now}
    with writing():
        fields["lease_until_ms"] = common_now_ms() + LEASE_MS
        if not _ours(node_id).update(**fields):
            holder = Node.objects.filter(pk=node_id).values_list("lease_holder", flat=True).first()
            why = "the node was removed" if holder is None else f"process {holder} acts for it now"
            raise LeaseLost(f"{why}; this one ends, and virtual machines run on")


def retire(node_id: int) -> None:
    """The worker ends in good order: from now on requests are told so at once."""
    with writing():
        _ours(node_id).update(heartbeat_at_ms=0, lease_holder="", lease_until_ms=0)


def _ours(node_id: int) -> QuerySet[Node]:
    """That node, unless somebody else acts for it."""
    return Node.objects.filter(Q(lease_holder=HOLDER) | Q(lease_holder=""), pk=node_id)


def node_for_new_vm() -> Node:
    """The node that a new VM goes to. Raises Unavailable."""
    node = Node.objects.filter(name=conf().effective_node_name).first()
    if node is None:
        raise Unavailable("this node's worker has not started yet; try again in a moment")
    require_worker(node)
    return node


def require_worker(node: Node) -> None:
    """Raises Unavailable when nobody would act on a request now."""
    if not has_worker(node):
        raise Unavailable(f"the worker of node {node.name!r} does not answer; nothing was recorded")


def has_worker(node: Node) -> bool:
    return now_ms() - node.heartbeat_at_ms < HEARTBEAT_LOST_MS
