"""What can't be had is refused with the reason, and nothing is taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gpus.asking import EVERY, ONE, OTHER, eight_h200, holders, stopped_vm_with, vm_with
from tests.gpus.conftest import Settings, look
from tests.gpus.machine import BUS_MASTER, Machine
from vms.actions import vms
from vms.actions.gpus import LeasedGpu, lease
from vms.configuration import Gpus
from vms.errors import Conflict, NotFound
from vms.models import Vm

pytestmark = pytest.mark.django_db(transaction=True)


@eight_h200
def test_all_needs_each_of_them(machine: Machine) -> None:
    look(machine)
    holder = vm_with("ba:00.0", name="holder")
    lease(holder.pk)
    with pytest.raises(Conflict, match=r"^gpus: ba:00\.0 is taken by VM 'holder'"):
        lease(vm_with(gpus=EVERY).pk)
    assert holders() == {"ba:00.0": holder.pk}


@pytest.mark.parametrize(
    "machine, setting, message",
    [
        ("h200-sxm", {"allow_attach_all": False}, "gpus.attach_mode: all is not allowed here"),
        ("h200-sxm", {"enabled": False}, "gpus: this node gives no GPUs to VMs"),
        ("h200-sxm", {"exclude": ("ba:00.0",)}, "gpus.attach_mode: all: ba:00.0 is kept back: [cvm.gpu] ex"),
        ("h200-sxm", {"exclude": ("06:00.0",)}, "gpus.attach_mode: all: 06:00.0 is kept back: [cvm.gpu] ex"),
        ("h200-sxm", {"include": ("ba:00.0",)}, "gpus.attach_mode: all: 18:00.0 is kept back: [cvm.gpu] in"),
        ("h100-sxm", {}, "gpus: db:00.0 can't be used: the host's driver nvidia has it"),
        ("mi300x", {}, "gpus.attach_mode: all: this node has no GPU of NVIDIA"),
        ("rtx-4090", {}, "gpus.attach_mode: all: this node has no GPU of NVIDIA"),
        ("none", {}, "gpus.attach_mode: all: this node has no GPU of NVIDIA"),
    ],
    indirect=["machine"],
)
def test_all_is_refused_with_the_reason(
    machine: Machine, configured: Settings, setting: dict[str, Any], message: str
) -> None:
    configured(**setting)
    look(machine)
    with pytest.raises(Conflict) as refused:
        lease(vm_with(gpus=EVERY).pk)
    assert refused.value.message.startswith(message)
    assert holders() == {}


@pytest.mark.parametrize(
    "machine, slot, message",
    [
        ("h200-sxm", "05:00.0", "05:00.0 is no GPU of this node"),
        ("h200-sxm", "03:00.0", "(1a03:2000) is not given to VMs: its product is not in [cvm.gpu] listing"),
        ("h200-sxm", "5e:00.0", "5e:00.0 is no GPU of this node; it has 18:00.0, 2a:00.0"),
        ("none", "00:02.0", "00:02.0 is no GPU of this node; it has none"),
        (
            "h100-sxm",
            "db:00.0",
            "gpus: db:00.0 can't be used: the host's driver nvidia has it; bind it to vfio",
        ),
        ("rtx-4090", "01:00.0", "gpus: 01:00.0 can't be used: its IOMMU group 2 has 01:00.1 too"),
    ],
    indirect=["machine"],
)
def test_other_devices_are_refused_with_the_reason(machine: Machine, slot: str, message: str) -> None:
    look(machine)
    with pytest.raises(Conflict) as refused:
        lease(vm_with(slot).pk)
    assert message in refused.value.message
    assert holders() == {}


def test_a_start_names_the_gpu_that_is_not_there_as_404(machine: Machine) -> None:
    look(machine)
    vm = stopped_vm_with("66:00.0")
    with pytest.raises(NotFound, match=rf"66:00\.0 is no GPU of this node; it has {ONE}, {OTHER}"):
        vms.start(vm.pk)


def test_one_that_something_else_uses_is_refused(machine: Machine) -> None:
    machine.command(f"0000:{ONE}", BUS_MASTER)
    look(machine)
    with pytest.raises(Conflict, match=f"gpus: {ONE} can't be used: something on this host uses it"):
        lease(vm_with(ONE).pk)


def test_an_iommu_group_serves_one_vm(machine: Machine) -> None:
    for slot in ("0000:41:00.0", "0000:42:00.0"):
        machine.add(slot, "0302", "10de:2331", "0", "55", "vfio-pci")
    look(machine)
    holder = vm_with("41:00.0", name="holder")
    lease(holder.pk)
    with pytest.raises(
        Conflict, match=r"gpus: 42:00\.0 shares the IOMMU group 55 with 41:00\.0, which VM 'ho"
    ):
        lease(vm_with("42:00.0").pk)
    both = Gpus(("41:00.0", "42:00.0"))
    Vm.objects.filter(pk=holder.pk).update(gpus=both.document())
    assert lease(holder.pk).gpus == (LeasedGpu("41:00.0", 0), LeasedGpu("42:00.0", 0))


def test_a_node_without_cpus_can_t_be_pinned_to(machine: Machine) -> None:
    (machine.sysfs / "devices/system/node/node1/cpulist").write_text("\n")
    look(machine)
    with pytest.raises(Conflict, match="pin_numa: NUMA node 1 of this host has no CPUs; it has 0 with CPUs"):
        lease(vm_with(OTHER, pin_numa=True).pk)
    assert holders() == {}
