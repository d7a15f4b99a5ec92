"""A lease ends when nothing of its VM runs or is about to, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gpus.asking import ONE, OTHER, holders, vm_with
from tests.gpus.conftest import look
from tests.gpus.machine import Machine
from vms.actions import adoption, observe, vms
from vms.actions.change import change
from vms.actions.gpus import LeasedGpu, lease
from vms.choices import Actual
from vms.configuration import Gpus
from vms.errors import Conflict
from vms.models import Gpu, Vm

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_launch_lets_go_of_what_is_no_longer_asked_for(machine: Machine) -> None:
    look(machine)
    vm = vm_with(ONE)
    lease(vm.pk)
    Vm.objects.filter(pk=vm.pk).update(gpus=Gpus((OTHER,)).document())
    assert lease(vm.pk).gpus == (LeasedGpu(OTHER, 1),)
    assert holders() == {OTHER: vm.pk}


def test_a_refused_launch_keeps_what_it_had(machine: Machine) -> None:
    look(machine)
    vm, holder = vm_with(ONE), vm_with(OTHER)
    lease(vm.pk)
    lease(holder.pk)
    Vm.objects.filter(pk=vm.pk).update(gpus=Gpus((OTHER,)).document())
    with pytest.raises(Conflict):
        lease(vm.pk)
    assert holders() == {ONE: vm.pk, OTHER: holder.pk}


def test_what_its_own_vm_makes_busy_is_its_own(machine: Machine) -> None:
    look(machine)
    vm = vm_with(ONE)
    lease(vm.pk)
    Gpu.objects.update(is_busy=True)
    assert lease(vm.pk).gpus == (LeasedGpu(ONE, 0),)
    machine.unplug(f"0000:{ONE}")
    look(machine)
    with pytest.raises(Conflict, match=f"gpus: {ONE} can't be used: it has vanished from the host"):
        lease(vm.pk)


def test_one_that_was_let_go_is_free_at_once(machine: Machine) -> None:
    """The device rests as soon as QEMU is gone; what was seen of it before would refuse the next."""
    look(machine)
    vm, following = vm_with(ONE, actual="on"), vm_with(ONE)
    lease(vm.pk)
    Gpu.objects.filter(slot=ONE).update(is_busy=True)
    Vm.objects.filter(pk=vm.pk).update(desired="stopped")
    observe.seen(vm.pk, observe.Sighting(Actual.OFF))
    assert lease(following.pk).gpus == (LeasedGpu(ONE, 0),)


PENDING = {"generation": 2, "observed_generation": 1}
DONE = {"generation": 2, "observed_generation": 2}


@pytest.mark.parametrize(
    "after, keeps",
    [
        ({"actual": "on", "desired": "running"}, True),
        ({"actual": "on", "desired": "stopped"}, True),
        ({"actual": "unknown", "desired": "running"}, True),
        ({"actual": "unknown", "desired": "stopped"}, True),
        ({"actual": "starting", "desired": "stopped"}, True),
        ({"actual": "off", "desired": "running", **PENDING}, True),
        ({"actual": "off", "desired": "running", **DONE, "next_retry_at_ms": 5}, True),
        ({"actual": "off", "desired": "absent"}, True),
        ({"actual": "off", "desired": "running", **DONE, "next_retry_at_ms": None}, False),
        ({"actual": "off", "desired": "stopped", **PENDING}, False),
        ({"actual": "off", "desired": "stopped", **DONE, "next_retry_at_ms": 5}, False),
    ],
)
def test_a_lease_ends_when_nothing_runs_or_is_about_to(
    machine: Machine, after: dict[str, Any], keeps: bool
) -> None:
    look(machine)
    vm = vm_with(ONE, actual="starting")
    lease(vm.pk)
    change(vm.pk, lambda _: after)
    assert holders() == ({ONE: vm.pk} if keeps else {})


def test_a_removed_vm_has_it_until_its_directory_is_gone(machine: Machine) -> None:
    look(machine)
    vm = vm_with(ONE)
    lease(vm.pk)
    vms.remove(vm.pk)
    observe.seen(vm.pk, observe.Sighting(Actual.OFF))
    assert holders() == {ONE: vm.pk}
    observe.gone(vm.pk)
    assert holders() == {}
    assert not Vm.objects.filter(pk=vm.pk).exists()


def test_a_row_that_is_forgotten_holds_nothing(machine: Machine) -> None:
    look(machine)
    vm = vm_with(ONE, generation=1, next_retry_at_ms=5)
    lease(vm.pk)
    assert adoption.forget(vm.pk)
    assert holders() == {}
