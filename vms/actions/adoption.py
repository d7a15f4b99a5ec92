"""Taking over VMs that lie on the host but not in the database, and letting go of those that no longer do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import F

from vms import faults
from vms.actions import gpus, reserve
from vms.actions.change import Fields, change
from vms.actions.events import record_event
from vms.actions.observe import Sighting
from vms.actions.rows import configured
from vms.actions.update import configuration_of
from vms.actions.validate import check
from vms.choices import Actual, Desired, StopMode
from vms.compose import AppCompose
from vms.configuration import VmConfiguration
from vms.database import writing
from vms.errors import Conflict, Invalid, VmmError
from vms.live import publish
from vms.models import Node, Vm

UNHEARD = "N/A"
"""The boot progress of a guest that was taken over while it ran: what it said then, nobody heard."""


@dataclass(frozen=True)
class FoundVm:
    """A VM as its directory describes it; ``config.stopped`` is what its state file says.

    ``events_offset`` is how much of its event file is an earlier run's, in bytes.
    """

    vm_id: str
    config: VmConfiguration
    created_at_ms: int
    instance_id: str = ""
    instance_id_seed: str = ""
    manifest_extra: dict[str, Any] = field(default_factory=dict)
    events_offset: int = 0


@dataclass(frozen=True)
class FoundProcess:
    """What is, of such a VM. ``cid`` is its guest's vsock context id, where it has one already."""

    sighting: Sighting
    is_foreign: bool = False
    cid: int | None = None

    @property
    def runs(self) -> bool:
        return self.sighting.actual != Actual.OFF


def take_over(node_id: int, found: FoundVm, process: FoundProcess) -> Vm:
    """Make the VM one of ours: as it is if it runs, else to be launched or not as its state file says.

    Its directory is not touched before its next start.

    Raises:
        Invalid, Conflict, NotFound: as of create; nothing was recorded then.
    """
    node = Node.objects.get(pk=node_id)
    checked, compose = _checked(found.config, node)
    with writing():
        if Vm.objects.filter(pk=found.vm_id).exists():
            raise Conflict(f"there is a VM {found.vm_id} already")
        reserve.hold(node)
        if not process.runs:
            reserve.require_image(node, checked.image)
            reserve.check_gpus(node, checked.gpus)
            if not checked.stopped:
                reserve.check_capacity(node, checked.vcpu, checked.memory)
        reserve.check_ports(node, checked.ports)
        vm = Vm.objects.create(
            id=found.vm_id,
            node=node,
            cid=_cid(node, process.cid),
            created_at_ms=found.created_at_ms,
            prepared=True,
            instance_id=found.instance_id,
            instance_id_seed=found.instance_id_seed,
            manifest_extra=found.manifest_extra,
            events_offset=found.events_offset,
            **configured(checked, compose),
            **_state(checked, process),
        )
        reserve.write_ports(vm, checked.ports)
        if process.runs:
            gpus.claim(vm)
        elif not checked.stopped:
            gpus.take(vm)
        record_event(vm, "host.imported", _story(process))
        publish.changed(vm)
        publish.wake(node.pk, vm.pk)
        faults.point("take_over.written")
    faults.point("take_over.committed")
    return vm


def rehearse(node_id: int, all_found: Iterable[tuple[FoundVm, FoundProcess]]) -> dict[str, str]:
    """Take them all over, and everything back again: why some can't be taken over, by id."""
    problems = {}
    with writing():
        for found, process in all_found:
            try:
                take_over(node_id, found, process)
            except VmmError as error:
                problems[found.vm_id] = error.message
        transaction.set_rollback(True)
    return problems


def take_over_changes(vm_id: str, found: FoundVm) -> bool:
    """Bring the row of a VM that is off to what its manifest says; whether it differed.

    Nothing is done while anything is asked of the VM. Only the manifest counts: the other
    files could have been written by the guest.

    Raises:
        Invalid, Conflict, NotFound: as of update; nothing was changed then.
    """
    changed = False

    def decide(vm: Vm) -> Fields:
        nonlocal changed
        changed = False
        if not vm.prepared or vm.actual != Actual.OFF or vm.generation != vm.observed_generation:
            return {}
        before = configuration_of(vm)
        after, compose = _checked(
            replace(
                found.config,
                compose_file=before.compose_file,
                user_config=before.user_config,
                encrypted_env=before.encrypted_env,
                stopped=before.stopped,
            ),
            vm.node,
        )
        if after == before and found.manifest_extra == vm.manifest_extra:
            return {}
        if after.disk_size < before.disk_size:
            raise Invalid(f"disk_size: a disk never shrinks; it has {vm.disk_size} GB, not {after.disk_size}")
        reserve.require_image(vm.node, after.image)
        reserve.check_gpus(vm.node, after.gpus)
        reserve.check_ports(vm.node, after.ports, besides=vm.pk)
        reserve.write_ports(vm, after.ports)
        record_event(vm, "host.reloaded", "its manifest was changed on the host")
        publish.wake(vm.node_id, vm.pk)
        changed = True
        return configured(after, compose) | {"manifest_extra": found.manifest_extra, "prepared": False}

    change(vm_id, decide)
    return changed


def forget(vm_id: str) -> bool:
    """Delete the row of a VM that has no directory any more; not while it runs or is asked something of."""
    settled = {"actual": Actual.OFF, "prepared": True, "generation": F("observed_generation")}
    with writing():
        vms = Vm.objects.filter(pk=vm_id, **settled).exclude(desired=Desired.ABSENT)
        gpus.release(vms)
        deleted, _ = vms.delete()
        if deleted:
            publish.gone(vm_id)
        faults.point("forget.written")
    return bool(deleted)


def _checked(config: VmConfiguration, node: Node) -> tuple[VmConfiguration, AppCompose]:
    checked, compose = check(config, node)
    if checked.no_tee and not (config.no_tee or config.simulated_tee):
        raise Conflict("no_tee: this is a confidential VM, and this host can launch none")
    return checked, compose


def _cid(node: Node, wanted: int | None) -> int:
    """The one that a running guest has, else a free one. Raises Conflict."""
    if wanted is None:
        return reserve.free_cid(node)
    holder = Vm.objects.filter(node=node, cid=wanted).first()
    if holder is not None:
        raise Conflict(f"it runs with CID {wanted}, which VM {holder.name!r} ({holder.pk}) has")
    return wanted


def _state(config: VmConfiguration, process: FoundProcess) -> Fields:
    seen = process.sighting
    fields: Fields = {
        "desired": Desired.STOPPED if config.stopped else Desired.RUNNING,
        "actual": seen.actual,
        "pid": seen.pid,
        "started_at_ms": seen.started_at_ms,
        # Only what should run and doesn't is something to do.
        "observed_generation": 1 if process.runs or config.stopped else 0,
    }
    if process.runs:
        # One that runs although it should not is ending: it isn't cut off.
        return fields | {"stop_mode": StopMode.GRACEFUL, "boot_progress": UNHEARD}
    if seen.ending is not None:
        ended = seen.ending
        fields |= {"exited_at_ms": ended.at_ms, "exit_reason": ended.reason, "exit_code": ended.code}
    return fields


def _story(process: FoundProcess) -> str:
    if not process.runs:
        return "taken over from its directory"
    how = "; until its next start only StopVm reaches it" if process.is_foreign else ""
    return f"taken over as it runs, pid {process.sighting.pid}{how}"
