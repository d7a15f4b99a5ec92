"""GPUs, as ListGpus answers them, and what is held of them."""

from __future__ import annotations

from typing import Any

from vms.capabilities import Capabilities
from vms.choices import GpuKind, GpuOffer
from vms.conf import conf
from vms.models import Gpu
from vms.selectors.capabilities import by_name
from vms.selectors.sight import Sight


def list_gpus(node: str = "") -> dict[str, Any]:
    """The GPUs that a node (none: this one) gives to VMs, by slot; held or out of order, it is not free."""
    node = node or conf().effective_node_name
    able = by_name([node]).get(node, Capabilities())
    found = Gpu.objects.filter(node__name=node, kind=GpuKind.GPU, offer=GpuOffer.OFFERED)
    return {
        "gpus": [
            {
                "slot": row.slot,
                "product_id": row.product_id,
                "description": row.description,
                "is_free": row.is_free,
            }
            for row in found.order_by("slot")
        ],
        "allow_attach_all": able.gpus and able.attach_all,
    }


def list_gpu_devices(seen: Sight, node: str = "") -> dict[str, Any]:
    """All that discovery found on a node (none: this one), by slot; VMs not ``seen`` have no id or name."""
    node = node or conf().effective_node_name
    able = by_name([node]).get(node, Capabilities())
    found = Gpu.objects.filter(node__name=node).select_related("holder")
    return {
        "devices": [_device(row, seen) for row in found.order_by("slot")],
        "enabled": able.gpus,
        "allow_attach_all": able.gpus and able.attach_all,
    }


def _device(row: Gpu, seen: Sight) -> dict[str, Any]:
    named = row.holder if row.holder is not None and seen.includes(row.holder.owner_id) else None
    return {
        "slot": row.slot,
        "product_id": row.product_id,
        "description": row.description,
        "kind": row.kind,
        "driver": row.driver,
        "numa_node": row.numa_node,
        "iommu_group": row.iommu_group,
        "is_free": row.is_free,
        "obstacle": row.obstacle,
        "is_leased": row.holder_id is not None,
        "holder_id": named.pk if named else "",
        "holder_name": named.name if named else "",
    }


def held_slots(node_id: int) -> frozenset[str]:
    """Slots of the node's devices that a VM holds."""
    held = Gpu.objects.filter(node_id=node_id).exclude(holder=None)
    return frozenset(held.values_list("slot", flat=True))
