"""One GPU, one VM: who gets it, and who is told that another has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.actions.test_change import in_threads
from tests.gpus.asking import EVERY, H200, ONE, OTHER, SWITCHES, eight_h200, holders, stopped_vm_with, vm_with
from tests.gpus.conftest import Settings, look
from tests.gpus.machine import BUS_MASTER, Machine
from tests.in_process import COMPOSE
from vms.actions import adoption, gpus, observe, reserve, vms
from vms.actions.adoption import FoundProcess, FoundVm
from vms.actions.gpus import Leased, LeasedGpu, lease
from vms.choices import Actual
from vms.configuration import Gpus, VmConfiguration
from vms.database import now_ms, writing
from vms.errors import Conflict
from vms.models import Gpu, Image, Node, Vm

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_launch_gets_is_in_the_order_asked_for(machine: Machine) -> None:
    look(machine)
    vm = vm_with(OTHER, ONE)
    assert lease(vm.pk) == Leased(gpus=(LeasedGpu(OTHER, 1), LeasedGpu(ONE, 0)))
    assert holders() == {ONE: vm.pk, OTHER: vm.pk}
    assert lease(vm.pk) == lease(vm.pk)


def test_a_vm_without_gpus_gets_none_and_needs_no_switch(machine: Machine, configured: Settings) -> None:
    configured(enabled=False)
    look(machine)
    assert lease(vm_with().pk) == Leased()


def test_the_second_is_told_who_has_it(machine: Machine) -> None:
    look(machine)
    first = vm_with(ONE, name="first", actual="on")
    lease(first.pk)
    second = vm_with(OTHER, ONE)
    with pytest.raises(Conflict) as refused:
        lease(second.pk)
    assert refused.value.message == f"gpus: {ONE} is taken by VM 'first' ({first.pk}, running)"
    assert holders() == {ONE: first.pk}


def test_a_vm_that_can_t_have_it_is_not_even_made(machine: Machine) -> None:
    node = look(machine)
    Node.objects.update(heartbeat_at_ms=now_ms())
    Image.objects.create(node=node, name="dstack-test-0.5.3")
    holder = vm_with(ONE, name="holder")
    lease(holder.pk)
    config = VmConfiguration(
        "second", "dstack-test-0.5.3", COMPOSE, 1, 512, 1, gpus=Gpus((ONE,)), no_tee=True
    )
    with pytest.raises(Conflict, match=f"{ONE} is taken by VM 'holder'"):
        vms.create(config)
    assert Vm.objects.get() == holder
    stopped = vms.create(replace(config, stopped=True))
    assert holders() == {ONE: holder.pk}
    made = vms.create(replace(config, gpus=Gpus((OTHER,))))
    assert holders() == {ONE: holder.pk, OTHER: made.pk}
    assert stopped.actual == "off"


def found(*slots: str, stopped: bool = False) -> FoundVm:
    config = VmConfiguration("moved", "dstack-test-0.5.3", COMPOSE, 1, 512, 1, stopped=stopped, no_tee=True)
    return FoundVm("moved-in", replace(config, gpus=Gpus(slots)), created_at_ms=1)


@pytest.mark.parametrize(
    "actual, stopped, leased", [("on", False, True), ("unknown", True, True), ("off", True, False)]
)
def test_one_that_moves_in_has_it_while_it_runs(
    machine: Machine, actual: str, stopped: bool, leased: bool
) -> None:
    machine.command(f"0000:{ONE}", BUS_MASTER)
    node = look(machine)
    Image.objects.create(node=node, name="dstack-test-0.5.3")
    vm = adoption.take_over(
        node.pk, found(ONE, stopped=stopped), FoundProcess(observe.Sighting(Actual(actual)))
    )
    assert holders() == ({ONE: vm.pk} if leased else {})


def test_one_that_moves_in_to_be_started_needs_it_free(machine: Machine) -> None:
    node = look(machine)
    Image.objects.create(node=node, name="dstack-test-0.5.3")
    holder = vm_with(ONE)
    lease(holder.pk)
    process = FoundProcess(observe.Sighting(Actual.OFF))
    with pytest.raises(Conflict, match=f"{ONE} is taken by VM"):
        adoption.take_over(node.pk, found(ONE), process)
    assert Vm.objects.get() == holder
    moved = adoption.take_over(node.pk, found(OTHER), process)
    assert holders() == {ONE: holder.pk, OTHER: moved.pk}


def test_of_many_starts_at_once_exactly_one_wins(machine: Machine) -> None:
    look(machine)
    all_vms = [stopped_vm_with(ONE, OTHER) if n % 2 else stopped_vm_with(OTHER, ONE) for n in range(8)]
    outcomes = in_threads(8, lambda number: vms.start(all_vms[number].pk))
    winners = [outcome for outcome in outcomes if isinstance(outcome, Vm)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert (len(winners), len(losers)) == (1, 7)
    assert holders() == dict.fromkeys((ONE, OTHER), winners[0].pk)
    assert all(winners[0].pk in loser.message for loser in losers)
    assert Vm.objects.filter(desired="running").count() == 1


def test_one_that_is_taken_between_reading_and_writing_is_not_taken_twice(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another process on PostgreSQL could."""
    look(machine)
    faster, slower = vm_with(ONE), vm_with(ONE)
    check = reserve.check_gpus

    def then_it_is_taken(node: Node, asked: Gpus) -> list[Gpu]:
        found = check(node, asked)
        Gpu.objects.filter(slot=ONE).update(holder=faster)
        return found

    monkeypatch.setattr(reserve, "check_gpus", then_it_is_taken)
    with pytest.raises(Conflict, match=f"taken by VM '{faster.name}'"), writing():
        gpus.take(slower)


@eight_h200
def test_all_is_every_gpu_and_every_switch(machine: Machine, configured: Settings) -> None:
    configured(listing=())
    look(machine)
    vm = vm_with(gpus=EVERY)
    leased = lease(vm.pk)
    assert leased.gpus == tuple(LeasedGpu(slot, int(slot > "9")) for slot in H200)
    assert leased.bridges == SWITCHES
    assert holders() == dict.fromkeys((*SWITCHES, *H200), vm.pk)


@eight_h200
def test_all_are_in_the_bus_s_order_over_all_domains(machine: Machine) -> None:
    machine.add("0001:04:00.0", "0302", "10de:2335", "1", "200", "vfio-pci")
    look(machine)
    assert [gpu.slot for gpu in lease(vm_with(gpus=EVERY).pk).gpus] == [*H200, "0001:04:00.0"]


@eight_h200
def test_some_without_the_switches(machine: Machine) -> None:
    look(machine)
    assert lease(vm_with("ba:00.0").pk) == Leased(gpus=(LeasedGpu("ba:00.0", 1),))


@eight_h200
@pytest.mark.parametrize(
    "slots, cpus",
    [
        ((), "0-55,112-167"),
        (("9a:00.0",), "56-111,168-223"),
        (("ab:00.0", "2a:00.0", "18:00.0"), "0-55,112-167,56-111,168-223"),
    ],
)
def test_cpus_are_those_near_its_gpus(machine: Machine, slots: tuple[str, ...], cpus: str) -> None:
    look(machine)
    assert lease(vm_with(*slots, pin_numa=True).pk).pinned_cpus == cpus
    assert lease(vm_with(pin_numa=False).pk).pinned_cpus == ""


@eight_h200
@pytest.mark.parametrize("asked, slots", [(Gpus(("18:00.0",)), ("18:00.0",)), (EVERY, (*SWITCHES, *H200))])
def test_one_that_was_found_running_has_what_it_asks_for(
    machine: Machine, asked: Gpus, slots: tuple[str, ...]
) -> None:
    look(machine)
    vm = vm_with(gpus=asked, generation=1)
    observe.seen(vm.pk, observe.Sighting(Actual.ON, 1, 1))
    assert holders() == dict.fromkeys(slots, vm.pk)


def test_one_that_was_found_running_takes_nothing_from_others(machine: Machine) -> None:
    look(machine)
    holder = vm_with(ONE)
    lease(holder.pk)
    vm = vm_with(ONE, OTHER, generation=1)
    observe.seen(vm.pk, observe.Sighting(Actual.UNKNOWN))
    assert holders() == {ONE: holder.pk, OTHER: vm.pk}
