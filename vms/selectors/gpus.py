"""GPUs, as ListGpus answers them, and what is held of them."""

from __future__ import annotations

from typing import Any

from vms.choices import GpuKind, GpuOffer
from vms.conf import conf
from vms.models import Gpu


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


def held_slots(node_id: int) -> frozenset[str]:
    """Slots of the node's devices that a VM holds."""
    held = Gpu.objects.filter(node_id=node_id).exclude(holder=None)
    return frozenset(held.values_list("slot", flat=True))
