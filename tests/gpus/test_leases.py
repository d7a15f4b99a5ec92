"""One GPU, one VM: who gets it, who is refused and told by whom it is held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.test_change import in_threads
from tests.gpus.conftest import Settings, holders, look
from tests.gpus.machine import BUS_MASTER, Machine
from tests.rows import make_node, make_vm
from vms.actions import adoption, gpus, observe, reserve, vms
from vms.actions.change import change
from vms.actions.gpus import Leased, LeasedGpu, lease
from vms.choices import Actual
from vms.configuration import Gpus
from vms.database import now_ms, writing
from vms.errors import Conflict, NotFound
from vms.models import Gpu, Node, Vm

pytestmark = pytest.mark.django_db(transaction=True)
ONE, OTHER = "01:00.0", "c1:00.0"
ALL = Gpus(attach_mode="all")
SWITCHES = ("05:00.0", "06:00.0", "07:00.0", "08:00.0")
H200 = ("18:00.0", "2a:00.0", "3a:00.0", "5d:00.0", "9a:00.0", "ab:00.0", "ba:00.0", "db:00.0")
eight_h200 = pytest.mark.parametrize("machine", ["h200-sxm"], indirect=True)


def vm_with(*slots: str, gpus: Gpus | None = None, **changed: Any) -> Vm:
    """A VM that should run and asks for these GPUs; its launch is pending."""
    asked = gpus or Gpus(slots)
    return make_vm(**{"gpus": asked.document(), "generation": 2} | changed)


def stopped_vm_with(*slots: str) -> Vm:
    """A VM that is off; its node's worker lives."""
    Node.objects.filter(pk=make_node().pk).update(heartbeat_at_ms=now_ms())
    return vm_with(*slots, desired="stopped", generation=1)


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


@eight_h200
def test_all_is_every_gpu_and_every_switch(machine: Machine, configured: Settings) -> None:
    configured(listing=())
    look(machine)
    vm = vm_with(gpus=ALL)
    leased = lease(vm.pk)
    assert leased.gpus == tuple(LeasedGpu(slot, int(slot > "9")) for slot in H200)
    assert leased.bridges == SWITCHES
    assert holders() == dict.fromkeys((*SWITCHES, *H200), vm.pk)


@eight_h200
def test_all_needs_each_of_them(machine: Machine) -> None:
    look(machine)
    holder = vm_with("ba:00.0", name="holder")
    lease(holder.pk)
    with pytest.raises(Conflict, match=r"^gpus: ba:00\.0 is taken by VM 'holder'"):
        lease(vm_with(gpus=ALL).pk)
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
        lease(vm_with(gpus=ALL).pk)
    assert refused.value.message.startswith(message)
    assert holders() == {}


@eight_h200
def test_some_without_the_switches(machine: Machine) -> None:
    look(machine)
    assert lease(vm_with("ba:00.0").pk) == Leased(gpus=(LeasedGpu("ba:00.0", 1),))


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


def test_a_node_without_cpus_can_t_be_pinned_to(machine: Machine) -> None:
    (machine.sysfs / "devices/system/node/node1/cpulist").write_text("\n")
    look(machine)
    with pytest.raises(Conflict, match="pin_numa: NUMA node 1 of this host has no CPUs; it has 0 with CPUs"):
        lease(vm_with(OTHER, pin_numa=True).pk)
    assert holders() == {}


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


@eight_h200
@pytest.mark.parametrize("asked, slots", [(Gpus(("18:00.0",)), ("18:00.0",)), (ALL, (*SWITCHES, *H200))])
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
