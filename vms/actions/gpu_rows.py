"""Rows of GPUs and NVSwitches follow what the node's worker finds on the host."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from vms.choices import GpuKind, GpuOffer
from vms.database import writing
from vms.models import Gpu, Node

VANISHED = "it has vanished from the host"


@dataclass(frozen=True)
class GpuFields:
    """What a row holds of a device, besides its lease."""

    slot: str
    product_id: str
    description: str
    kind: GpuKind
    pci_class: str
    numa_node: int
    iommu_group: int | None
    driver: str
    is_busy: bool
    offer: GpuOffer
    problem: str


def sync(
    node_id: int, found: Collection[GpuFields], numa_cpus: Mapping[int, str], held: Collection[str]
) -> bool:
    """Make the node's rows say what was found; returns whether anything changed.

    ``held`` are the slots that VMs had when the look began: that those are busy says nothing.
    A device that vanished stays, with a problem, while a VM holds it.
    """
    wanted = {
        device.slot: replace(device, is_busy=device.is_busy and device.slot not in held) for device in found
    }
    known = {row.slot: row for row in Gpu.objects.filter(node_id=node_id)}
    gone = [
        slot
        for slot, row in known.items()
        if slot not in wanted and (row.holder_id is None or row.problem != VANISHED)
    ]
    changed = [
        device for slot, device in wanted.items() if slot not in known or _differs(known[slot], device)
    ]
    if changed or gone:
        with writing():
            lost = Gpu.objects.filter(node_id=node_id, slot__in=gone)
            lost.filter(holder=None).delete()
            lost.update(problem=VANISHED)
            for device in changed:
                values = asdict(device)
                Gpu.objects.update_or_create(node_id=node_id, slot=values.pop("slot"), defaults=values)
    return _sync_cpus(node_id, numa_cpus) or bool(changed or gone)


def _differs(row: Gpu, device: GpuFields) -> bool:
    return any(getattr(row, name) != value for name, value in asdict(device).items())


def _sync_cpus(node_id: int, numa_cpus: Mapping[int, str]) -> bool:
    cpus = {str(node): text for node, text in numa_cpus.items()}
    if Node.objects.filter(pk=node_id).values_list("numa_cpus", flat=True).first() == cpus:
        return False
    with writing():
        Node.objects.filter(pk=node_id).update(numa_cpus=cpus)
    return True
