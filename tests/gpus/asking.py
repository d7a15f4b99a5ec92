"""What the recorded machines have, and VMs that ask for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.in_process import InProcess
from tests.rows import make_node, make_vm
from vms.configuration import Gpus
from vms.database import in_database, now_ms
from vms.models import Gpu, Node, Vm

ONE, OTHER = "01:00.0", "c1:00.0"
"""The two of h100-pcie, on one NUMA node each."""
EVERY = Gpus(attach_mode="all")
SWITCHES = ("05:00.0", "06:00.0", "07:00.0", "08:00.0")
H200 = ("18:00.0", "2a:00.0", "3a:00.0", "5d:00.0", "9a:00.0", "ab:00.0", "ba:00.0", "db:00.0")
DETACH: dict[str, Any] = {"attach_mode": "listed", "gpus": []}
ALL = {"attach_mode": "all"}
"""As the wire writes what ``EVERY`` is in the house."""
eight_h200 = pytest.mark.parametrize("machine", ["h200-sxm"], indirect=True)


def vm_with(*slots: str, gpus: Gpus | None = None, **changed: Any) -> Vm:
    """A VM that should run and asks for these GPUs; its launch is pending."""
    asked = gpus or Gpus(slots)
    return make_vm(**{"gpus": asked.document(), "generation": 2} | changed)


def stopped_vm_with(*slots: str) -> Vm:
    """A VM that is off; its node's worker lives."""
    Node.objects.filter(pk=make_node().pk).update(heartbeat_at_ms=now_ms())
    return vm_with(*slots, desired="stopped", generation=1)


def holders() -> dict[str, str]:
    """Which VM holds which slot."""
    held = Gpu.objects.exclude(holder=None).order_by("slot")
    return dict(held.values_list("slot", "holder_id"))


def listed(*slots: str) -> dict[str, Any]:
    return {"attach_mode": "listed", "gpus": [{"slot": slot} for slot in slots]}


async def held() -> dict[str, str]:
    return await in_database(holders)


async def refused(vmm: InProcess, method: str, request: dict[str, Any], code: int = 409) -> str:
    response = await vmm.call(method, request)
    assert response.status_code == code, response.text
    message: str = response.json()["message"]
    return message


async def done(response: httpx.Response) -> None:
    assert response.is_success, response.text


async def off(vmm: InProcess, vm_id: str) -> Vm:
    vm = await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert vm is not None
    return vm
