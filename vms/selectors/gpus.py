"""GPUs, as ListGpus answers them."""

from __future__ import annotations

from typing import Any

from vms.conf import conf
from vms.models import Gpu


def list_gpus() -> dict[str, Any]:
    """This node's GPUs by slot; one that a VM holds is not free."""
    found = Gpu.objects.filter(node__name=conf().effective_node_name)
    rows = found.order_by("slot").values_list("slot", "product_id", "description", "holder_id")
    return {
        "gpus": [
            {"slot": slot, "product_id": product, "description": description, "is_free": holder is None}
            for slot, product, description, holder in rows
        ],
        "allow_attach_all": conf().cvm.gpu.enabled and conf().cvm.gpu.allow_attach_all,
    }
