"""All nodes that share this database, as ListNodes answers them and watchers see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Count, Q, QuerySet, Sum

from vms.choices import Actual, Desired, GpuKind, GpuOffer, NodeState
from vms.conf import conf
from vms.database import now_ms
from vms.errors import NotFound
from vms.models import Gpu, Image, Node, Vm
from vms.selectors.capabilities import of_node

HEARTBEAT_LOST_MS = 15_000
"""A worker that wrote no heartbeat for so long is taken to be gone."""
HAS_ROOM_TAKEN = ~Q(actual=Actual.OFF) | Q(desired=Desired.RUNNING)
"""VMs that use what their node has, or are about to."""
IS_GPU = Q(kind=GpuKind.GPU, offer=GpuOffer.OFFERED)


@dataclass(frozen=True)
class NodeLoad:
    """What its heartbeat told last: percent of all CPUs, MB of memory in use, and when (ms since 1970)."""

    cpu: int
    memory_mb: int
    at_ms: int


@dataclass(frozen=True)
class FleetNode:
    """One node. Sizes in MB, times in milliseconds since 1970.

    ``state_since_ms`` is when a node that isn't up was last heard of, None where that isn't known.
    ``…_used`` is what VMs have that run or should; ``max_…`` is None where its operator set no limit.
    ``findings`` counts what its host lacks, ``missing`` says what confidential VMs lack there.
    """

    id: int
    name: str
    state: NodeState
    cordoned: bool
    draining: str
    is_this: bool
    platform: str
    state_since_ms: int | None = None
    version: str = ""
    rev: str = ""
    accelerator: str = ""
    address: str = ""
    vcpus: int = 0
    memory_mb: int = 0
    disk_total_mb: int = 0
    disk_free_mb: int = 0
    vcpus_used: int = 0
    memory_mb_used: int = 0
    max_vcpu: int | None = None
    max_memory_mb: int | None = None
    vms_running: int = 0
    vms: int = 0
    images: int = 0
    gpus: int = 0
    gpus_free: int = 0
    load: NodeLoad | None = None
    findings: int = 0
    missing: str = ""


@dataclass(frozen=True)
class Used:
    """What a node's VMs have of it, those that run or should; ``vms`` counts all, ``running`` those up."""

    vcpus: int = 0
    memory_mb: int = 0
    running: int = 0
    vms: int = 0


def state_of(node: Node) -> NodeState:
    """Whether its worker is there to act. A worker that ends in good order takes its heartbeat back."""
    if now_ms() - node.heartbeat_at_ms < HEARTBEAT_LOST_MS:
        return NodeState.UP
    return NodeState.LOST if node.heartbeat_at_ms else NodeState.ENDED


def unknown_node(name: str) -> NotFound:
    """The error for a node that isn't there; it names those that are."""
    known = ", ".join(Node.objects.order_by("name").values_list("name", flat=True)[:20])
    return NotFound(f"node: no node {name[:100]!r}; there are {known or 'none'}")


def fleet_nodes() -> list[FleetNode]:
    """Every node by name, with all that is known of it; four queries."""
    return _whole(Node.objects.order_by("name"))


def encoded_rows(*, whole: bool) -> str:
    """The same as JSON text for watchers: none where one node works alone, which has nobody to tell of.

    Whoever may not see nodes (not ``whole``) is told of each no more than its name, and whether VMs
    can be made there.
    """
    nodes = list(Node.objects.order_by("name"))
    if len(nodes) < 2:
        return "[]"
    return orjson.dumps(_whole(nodes) if whole else [FleetNode(**_basics(node)) for node in nodes]).decode()


def used_by_vms() -> dict[int, Used]:
    """By node, what its VMs have of it; one query. Nodes without VMs are absent."""
    rows = (
        Vm.objects.order_by()
        .values("node_id")
        .annotate(
            vcpu=Sum("vcpu", filter=HAS_ROOM_TAKEN, default=0),
            memory_mb=Sum("memory", filter=HAS_ROOM_TAKEN, default=0),
            running=Count("id", filter=~Q(actual=Actual.OFF)),
            vms=Count("id"),
        )
    )
    return {row["node_id"]: Used(row["vcpu"], row["memory_mb"], row["running"], row["vms"]) for row in rows}


def _whole(nodes: Iterable[Node]) -> list[FleetNode]:
    used, images = used_by_vms(), _counted(Image.objects.filter(problem="", deleting=False))
    devices = {
        node_id: (found, free)
        for node_id, found, free in Gpu.objects.order_by()
        .filter(IS_GPU)
        .values("node_id")
        .annotate(found=Count("id"), free=Count("id", filter=Q(holder=None, problem="", is_busy=False)))
        .values_list("node_id", "found", "free")
    }
    return [
        _row(node, used.get(node.pk, Used()), images.get(node.pk, 0), devices.get(node.pk, (0, 0)))
        for node in nodes
    ]


def _row(node: Node, used: Used, images: int, gpus: tuple[int, int]) -> FleetNode:
    able = of_node(node)
    return FleetNode(
        **_basics(node),
        version=node.version,
        rev=node.rev,
        accelerator=node.accelerator,
        address=node.address,
        vcpus=node.vcpus,
        memory_mb=node.memory_mb,
        disk_total_mb=node.disk_total_mb,
        disk_free_mb=node.disk_free_mb,
        vcpus_used=used.vcpus,
        memory_mb_used=used.memory_mb,
        max_vcpu=None if able is None else able.max_vcpu,
        max_memory_mb=None if able is None else able.max_memory_mb,
        vms_running=used.running,
        vms=used.vms,
        images=images,
        gpus=gpus[0],
        gpus_free=gpus[1],
        load=_load(node.load),
        findings=len(node.findings),
        missing=node.missing,
    )


def _basics(node: Node) -> dict[str, Any]:
    state = state_of(node)
    return {
        "id": node.pk,
        "name": node.name,
        "state": state,
        "state_since_ms": node.heartbeat_at_ms or None if state != NodeState.UP else None,
        "cordoned": node.cordoned,
        "draining": node.draining,
        "is_this": node.name == conf().effective_node_name,
        "platform": node.platform,
    }


def _load(told: dict[str, Any]) -> NodeLoad | None:
    """Another version of the program may tell it in another form: then it is not known."""
    try:
        return NodeLoad(round(told["cpu"]), int(told["memory_mb"]), int(told["at_ms"]))
    except (KeyError, TypeError, ValueError):
        return None


def _counted(rows: QuerySet[Image]) -> dict[int, int]:
    return dict(rows.order_by().values_list("node_id").annotate(Count("id")))
