"""What can be done to a VM. Each verb is one transaction: validate, write, and on commit
publish and wake the worker. The worker does the work; ``generation`` says when it is done.
"""

from __future__ import annotations

import uuid
from functools import partial

from vms import faults
from vms.access.policy import Permission, owner_of_new_vm
from vms.access.trail import about_vm
from vms.actions import gpus, placement, quota, reserve
from vms.actions.admission import obstacles
from vms.actions.change import Fields, change, change_existing
from vms.actions.nodes import require_worker
from vms.actions.rows import new_vm
from vms.choices import Actual, Desired, Draining, StopMode
from vms.configuration import VmConfiguration
from vms.database import now_ms
from vms.errors import Conflict
from vms.live import publish
from vms.models import Vm


def create(config: VmConfiguration) -> Vm:
    """Record a new VM where it can be, and have it launched (or only prepared, when ``stopped``).

    Whoever acts now owns it.

    Raises:
        Invalid, Forbidden, Conflict, NotFound, Unavailable: nothing was recorded then.
    """
    owner_id = owner_of_new_vm()
    vm = placement.on_first(placement.suited(config), partial(_record, owner_id))
    faults.point("create.committed")
    return vm


def _record(owner_id: int | None, suited: placement.Suited) -> Vm:
    node, checked, compose = suited.node, suited.config, suited.compose
    for obstacle in obstacles(checked, compose, node, owner_id):
        raise obstacle
    vm = new_vm(str(uuid.uuid4()), node, reserve.free_cid(node), checked, compose, owner_id)
    vm.save(force_insert=True)
    about_vm(vm.pk, vm.name)
    reserve.write_ports(vm, checked.ports)
    if not checked.stopped:
        gpus.take(vm)
    publish.changed(vm)
    publish.wake(node.pk, vm.pk)
    faults.point("create.written")
    return vm


def start(vm_id: str) -> Vm:
    """Have the VM run. No change where it runs already.

    Raises:
        NotFound: no such VM.
        Conflict: it is being removed, or the node's limits or GPUs are taken.
    """

    def decide(vm: Vm) -> Fields:
        _refuse_removing(vm)
        if vm.desired == Desired.RUNNING and (vm.actual != Actual.OFF or _is_pending(vm)):
            return {}
        require_worker(vm.node)
        if vm.node.draining == Draining.STOP:
            raise Conflict(f"node {vm.node.name!r} is being drained; UncordonNode lets VMs start there again")
        if vm.desired != Desired.RUNNING:
            reserve.hold(vm.node)
            reserve.check_capacity(vm.node, vm.vcpu, vm.memory, besides=vm.pk)
            quota.check_kept(vm, vm.owner_id)
        gpus.take(vm)
        return {"desired": Desired.RUNNING, "restarts": 0, "next_retry_at_ms": None} | _request(vm)

    return change_existing(vm_id, Permission.STEER_VM, decide)


def stop(vm_id: str) -> Vm:
    """Have the VM off at once. No change where it is off and should be."""

    def decide(vm: Vm) -> Fields:
        _refuse_removing(vm)
        joins = vm.stop_mode == StopMode.FORCED and _is_pending(vm)
        if vm.desired == Desired.STOPPED and (vm.actual == Actual.OFF or joins):
            return {}
        require_worker(vm.node)
        return _forced(Desired.STOPPED) | _request(vm)

    return change_existing(vm_id, Permission.STEER_VM, decide)


def shutdown(vm_id: str) -> Vm:
    """Have the guest asked to power off: its agent, else the ACPI power button.

    Raises:
        Conflict: it doesn't run, so nobody can be asked.
    """

    def decide(vm: Vm) -> Fields:
        _refuse_removing(vm)
        if vm.actual == Actual.OFF:
            if vm.desired == Desired.STOPPED:
                return {}
            raise Conflict(f"VM {vm.name!r} does not run ({vm.status}): its guest can't be asked; use StopVm")
        if vm.desired == Desired.STOPPED and (vm.stop_mode == StopMode.FORCED or _is_pending(vm)):
            return {}  # it is being stopped by force, or the guest is about to be asked
        require_worker(vm.node)
        graceful: Fields = {"desired": Desired.STOPPED, "stop_mode": StopMode.GRACEFUL}
        if vm.desired != Desired.STOPPED or vm.shutdown_asked_at_ms is None:
            graceful["shutdown_asked_at_ms"] = now_ms()
        return graceful | {"shutdown_requested": True, "shutdown_progress": "asking the guest"} | _request(vm)

    return change_existing(vm_id, Permission.STEER_VM, decide)


def remove(vm_id: str) -> Vm:
    """Have the VM stopped, its directory deleted and, last, the row. It can't be taken back."""

    def decide(vm: Vm) -> Fields:
        if vm.desired == Desired.ABSENT:
            return {}
        return _forced(Desired.ABSENT) | _request(vm)

    return change_existing(vm_id, Permission.CHANGE_VM, decide)


def take_back(vm_id: str, generation: int) -> bool:
    """Undo a create whose launch failed, and say whether: not where somebody asked for more since."""

    def decide(vm: Vm) -> Fields:
        if vm.generation != generation:
            return {}
        return _forced(Desired.ABSENT) | _request(vm)

    vm = change(vm_id, decide)
    return vm is not None and vm.desired == Desired.ABSENT


def _forced(desired: Desired) -> Fields:
    return {"desired": desired, "stop_mode": StopMode.FORCED, "next_retry_at_ms": None}


def _is_pending(vm: Vm) -> bool:
    """The worker has not answered the last request yet: an equal one joins it."""
    return vm.generation > vm.observed_generation


def _request(vm: Vm) -> Fields:
    """A new generation: the worker must act, and somebody may wait for it."""
    publish.wake(vm.node_id, vm.pk)
    return {"generation": vm.generation + 1}


def _refuse_removing(vm: Vm) -> None:
    if vm.desired == Desired.ABSENT:
        raise Conflict(f"VM {vm.name!r} is being removed")
