"""GPUs, as ListGpus answers them, and what is held of them."""

from __future__ import annotations

from typing import Any

from vms.choices import GpuKind, GpuOffer
from vms.conf import conf
from vms.models import Gpu
from vms.selectors.sight import Sight


def list_gpus() -> dict[str, Any]:
    """The GPUs that this node gives to VMs, by slot; one that is held, busy or out of order is not free."""
    gpu = conf().cvm.gpu
    found = Gpu.objects.filter(
        node__name=conf().effective_node_name, kind=GpuKind.GPU, offer=GpuOffer.OFFERED
    )
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
        "allow_attach_all": gpu.enabled and gpu.allow_attach_all,
    }


def list_gpu_devices(seen: Sight) -> dict[str, Any]:
    """All that discovery found on this node, by slot; VMs that aren't ``seen`` have neither id nor name."""
    gpu = conf().cvm.gpu
    found = Gpu.objects.filter(node__name=conf().effective_node_name).select_related("holder")
    return {
        "devices": [_device(row, seen) for row in found.order_by("slot")],
        "enabled": gpu.enabled,
        "allow_attach_all": gpu.enabled and gpu.allow_attach_all,
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
