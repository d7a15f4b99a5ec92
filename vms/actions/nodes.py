"""What a node says of itself, and whether its worker is there to act."""

from __future__ import annotations

from vms import faults
from vms.conf import conf
from vms.database import now_ms, writing
from vms.errors import Unavailable
from vms.models import Node

HEARTBEAT_INTERVAL_S = 3.0
HEARTBEAT_LOST_MS = 15_000
"""A worker that wrote no heartbeat for so long is taken to be gone."""


def take_post(name: str) -> None:
    """Before anything is listened on: whoever worked there last is gone, whatever its heartbeat says."""
    with writing():
        Node.objects.filter(name=name).update(heartbeat_at_ms=0)


def register(
    name: str,
    *,
    version: str,
    platform: str,
    accelerator: str,
    notice: str,
    missing: str = "",
    qemu_version: str = "",
) -> Node:
    """Write down what this node is, at its worker's start. Requests wait for its first heartbeat.

    ``missing`` says what confidential VMs lack here, ``qemu_version`` is the number alone.
    """
    faults.point("start.registering")
    with writing():
        node, _ = Node.objects.update_or_create(
            name=name,
            defaults={
                "version": version,
                "platform": platform,
                "accelerator": accelerator,
                "notice": notice,
                "missing": missing,
                "qemu_version": qemu_version,
                "heartbeat_at_ms": 0,
            },
        )
    return node


def record_findings(node_id: int, findings: list[dict[str, object]]) -> None:
    """Write down what the host lacks, as found now; what is well is not told."""
    with writing():
        Node.objects.filter(pk=node_id).update(findings=findings, findings_at_ms=now_ms())


def heartbeat(node_id: int) -> None:
    """The worker is alive and has adopted what runs."""
    with writing():
        Node.objects.filter(pk=node_id).update(heartbeat_at_ms=now_ms())


def retire(node_id: int) -> None:
    """The worker ends in good order: from now on requests are told so at once."""
    with writing():
        Node.objects.filter(pk=node_id).update(heartbeat_at_ms=0)


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
