"""ListGpuDevices: all that was found, who has it, and why nobody can."""

from __future__ import annotations

from tests.gpus.asking import ONE, OTHER, eight_h200, holders, listed
from tests.gpus.conftest import Settings, look
from tests.gpus.machine import Machine
from tests.in_process import InProcess
from tests.rows import make_vm
from vms.models import Gpu
from vms.selectors.gpus import list_gpu_devices, list_gpus
from vms.selectors.sight import EVERYTHING, Sight


async def test_a_taken_gpu_names_its_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create(name="inference", gpus=listed(ONE))
    answer = (await vmm.call("ListGpuDevices")).json()
    devices = {device["slot"]: device for device in answer["devices"]}
    one, other = devices[ONE], devices[OTHER]
    assert (answer["enabled"], answer["allow_attach_all"]) == (True, True)
    assert (one["slot"], one["is_free"], one["is_leased"]) == (ONE, False, True)
    assert (one["holder_id"], one["holder_name"]) == (vm_id, "inference")
    assert (other["slot"], other["is_free"], other["is_leased"]) == (OTHER, True, False)
    assert (other["holder_id"], other["holder_name"], other["obstacle"]) == ("", "", "")


def test_what_nobody_can_have_is_told_with_the_reason(
    transactional_db: None, machine: Machine, configured: Settings
) -> None:
    configured(exclude=(ONE,))
    look(machine)
    devices = {device["slot"]: device for device in list_gpu_devices(EVERYTHING)["devices"]}
    assert (devices[ONE]["is_free"], devices[ONE]["obstacle"]) == (False, "[cvm.gpu] exclude names it")
    assert [gpu["slot"] for gpu in list_gpus()["gpus"]] == [OTHER]


def test_a_vm_of_somebody_else_is_not_named(transactional_db: None, machine: Machine) -> None:
    look(machine)
    vm = make_vm()
    Gpu.objects.filter(slot=ONE).update(holder=vm)
    assert holders() == {ONE: vm.pk}
    devices = list_gpu_devices(Sight(everything=False, owner_id=None))["devices"]
    [one] = [device for device in devices if device["slot"] == ONE]
    assert (one["is_leased"], one["holder_id"], one["holder_name"]) == (True, "", "")


@eight_h200
def test_switches_are_told_with_where_they_are(transactional_db: None, machine: Machine) -> None:
    look(machine)
    devices = list_gpu_devices(EVERYTHING)["devices"]
    assert [device["kind"] for device in devices].count("bridge") == 4
    [gpu] = [device for device in devices if device["slot"] == "9a:00.0"]
    assert (gpu["numa_node"], gpu["iommu_group"], gpu["driver"]) == (1, 107, "vfio-pci")
