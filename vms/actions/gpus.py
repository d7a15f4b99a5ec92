"""Leases of GPUs and NVSwitches: one VM each, from the request to run until it is really gone.

Taken in the transaction of the request, and once more at each launch, for configuration and
host may have changed since. Let go by ``change.swap`` when the row says that nothing runs
or is about to; a VM that may run without answering keeps what it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from vms.access.policy import name_of
from vms.access.principal import Credential, Principal, acting_as, current
from vms.access.users import principal_of
from vms.actions import reserve
from vms.choices import Actual, AttachMode, Desired, GpuKind
from vms.configuration import Gpus
from vms.database import writing
from vms.errors import Conflict, NotFound
from vms.models import Gpu, Vm
from vms.selectors.capabilities import known_of


@dataclass(frozen=True)
class LeasedGpu:
    """A GPU that is the VM's for this run."""

    slot: str
    numa_node: int


@dataclass(frozen=True)
class Leased:
    """What a VM's next run gets, in the order in which the guest sees it.

    ``bridges`` are slots of NVSwitches. ``pinned_cpus`` are the host's CPUs that the VM must
    keep to, as taskset reads them (``0-15,32-47``); empty for all.
    """

    gpus: tuple[LeasedGpu, ...] = ()
    bridges: tuple[str, ...] = ()
    pinned_cpus: str = ""


def lease(vm_id: str) -> Leased:
    """Make the VM's leases what its configuration asks for now, just before it is launched.

    May be repeated. Only for a VM of which nothing runs: what it no longer asks for is let go.
    A refusal becomes part of the VM's row, so it says no more than the VM's owner may know.

    Raises:
        Conflict: a device can't be had, or the CPUs to pin to are not known; nothing was changed then.
    """
    with writing():
        vm = Vm.objects.select_related("node", "owner").get(pk=vm_id)
        try:
            with acting_as(_owner(vm)):
                devices = take(vm)
        except NotFound as error:
            raise Conflict(error.message) from None
        _free(Gpu.objects.filter(holder=vm).exclude(pk__in=[device.pk for device in devices]))
        return _leased(vm, devices)


def rehearse(vm: Vm, known: Sequence[Gpu]) -> Leased:
    """What ``lease`` would give that VM, were these all the devices of its node.

    Nothing is leased, and no row need be in the database. Raises as ``take`` does, and ``lease``.
    """
    devices = reserve.choose_gpus(Gpus.of(vm.gpus), known, known_of(vm.node))
    held = [device for device in known if device.holder_id not in (None, vm.pk)]
    _require_fit(vm, devices)
    _require_own_groups(devices, held)
    if taken := [device for device in held if device in devices]:
        raise _taken(taken)
    return _leased(vm, devices)


def _owner(vm: Vm) -> Principal:
    return current() if vm.owner is None else principal_of(vm.owner, Credential.NONE)


def _leased(vm: Vm, devices: list[Gpu]) -> Leased:
    gpus = [device for device in devices if device.kind == GpuKind.GPU]
    return Leased(
        gpus=tuple(LeasedGpu(gpu.slot, gpu.numa_node) for gpu in gpus),
        bridges=tuple(device.slot for device in devices if device.kind == GpuKind.BRIDGE),
        pinned_cpus=_cpus_near(vm, gpus) if vm.pin_numa else "",
    )


def take(vm: Vm) -> list[Gpu]:
    """Lease what the VM's configuration asks for, besides what it has. Inside a transaction.

    Raises:
        Conflict, NotFound: as of ``reserve.check_gpus``; a device is out of order, in use by
            something else, or held by another VM, which is named. The transaction must end then.
    """
    devices = reserve.check_gpus(vm.node, Gpus.of(vm.gpus))
    if not devices:
        return []
    _require_fit(vm, devices)
    groups = [device.iommu_group for device in devices]
    _require_own_groups(devices, _held_by_others(vm).filter(iommu_group__in=groups))
    wanted = Gpu.objects.filter(pk__in=[device.pk for device in devices])
    if wanted.filter(Q(holder=None) | Q(holder=vm)).update(holder=vm) < len(devices):
        raise _taken(_held_by_others(vm).filter(pk__in=wanted))
    return devices


def claim(vm: Vm) -> None:
    """Write down the leases of a VM that was found running: whatever it has, nobody else may get."""
    gpus = Gpus.of(vm.gpus)
    wanted = Q(slot__in=gpus.slots)
    if gpus.attach_mode == AttachMode.ALL:
        wanted = reserve.ALL_OF_NVIDIA
    Gpu.objects.filter(wanted, node_id=vm.node_id, holder=None).update(holder=vm)


def is_at_rest(vm: Vm) -> bool:
    """Whether, as its row says, nothing of the VM runs or is about to: then it holds no GPU.

    One that is being removed keeps what it has until its directory is gone.
    """
    is_due = vm.generation > vm.observed_generation or vm.next_retry_at_ms is not None
    will_run = vm.desired == Desired.RUNNING and is_due
    return vm.actual == Actual.OFF and vm.desired != Desired.ABSENT and not will_run


def let_go(vm: Vm) -> None:
    """Give back what the VM holds: it came to rest."""
    _free(Gpu.objects.filter(holder=vm))


def release(vms: QuerySet[Vm]) -> None:
    """Give back what these VMs hold: their rows are about to be deleted."""
    _free(Gpu.objects.filter(holder__in=vms))


def _free(devices: QuerySet[Gpu]) -> None:
    # What was seen of a device while a VM had it says nothing of others who might use it.
    devices.update(holder=None, is_busy=False)


def _held_by_others(vm: Vm) -> QuerySet[Gpu]:
    held = Gpu.objects.filter(node_id=vm.node_id).exclude(holder=None).exclude(holder=vm)
    return held.select_related("holder").order_by("slot")


def _require_fit(vm: Vm, devices: Iterable[Gpu]) -> None:
    for device in devices:
        if device.fault and not (device.holder_id == vm.pk and not device.problem):
            raise Conflict(f"gpus: {device.slot} can't be used: {device.fault}")


def _require_own_groups(devices: list[Gpu], held: Iterable[Gpu]) -> None:
    """The IOMMU keeps groups apart, not the devices within one: a group serves one VM."""
    mine = {device.iommu_group: device for device in devices if device.iommu_group is not None}
    slots = [device.slot for device in devices]
    for other in held:
        if other.iommu_group in mine and other.slot not in slots:
            raise Conflict(
                f"gpus: {mine[other.iommu_group].slot} shares the IOMMU group {other.iommu_group} "
                f"with {other.slot}, which {_holder(other)} has"
            )


def _taken(held: Iterable[Gpu]) -> Conflict:
    named = "; ".join(f"{device.slot} is taken by {_holder(device)}" for device in list(held)[:8])
    return Conflict(f"gpus: {named or 'a device vanished just now'}")


def _holder(device: Gpu) -> str:
    vm = device.holder
    return "nobody" if vm is None else name_of(vm)


def _cpus_near(vm: Vm, gpus: Iterable[Gpu]) -> str:
    """The CPUs of its GPUs' NUMA nodes; node 0 for a VM without any."""
    nodes = sorted({gpu.numa_node for gpu in gpus}) or [0]
    known: dict[str, str] = vm.node.numa_cpus
    for node in nodes:
        if str(node) not in known:
            raise Conflict(
                f"pin_numa: NUMA node {node} of this host has no CPUs; it has {', '.join(known) or 'none'} "
                "with CPUs"
            )
    return ",".join(known[str(node)] for node in nodes)
