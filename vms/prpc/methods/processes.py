"""SvList, SvStop and SvRemove: the processes behind the VMs, under the names that old clients use."""

from __future__ import annotations

from functools import partial
from typing import Any

from vms.access.policy import Permission
from vms.actions import processes, vms
from vms.prpc import outcome, serializers
from vms.prpc.methods.base import Elsewhere, Method, Pending, Values, required_id
from vms.prpc.methods.elsewhere import other
from vms.selectors.processes import list_processes


def _list(values: Values) -> dict[str, Any] | Elsewhere:
    return other(values) or {"processes": list_processes()}


def _stop(values: Values) -> Pending | None:
    """The way that StopVm takes: a process ended behind the VM's back would be started again."""
    vm_id = required_id(values)
    processes.require_own(vm_id)
    vm = vms.stop(vm_id)
    if vm.observed_generation >= vm.generation:
        return None
    return Pending(partial(outcome.settled, vm.pk, vm.generation, "SvStop"))


def _remove(values: Values) -> None:
    vm_id = required_id(values)
    processes.require_own(vm_id)
    processes.forget_end(vm_id)


METHODS = (
    Method("SvList", Permission.SEE_NODE, serializers.OfNode, _list, changes=False, flat=True),
    Method("SvStop", Permission.STEER_NODE, serializers.Id, _stop),
    Method("SvRemove", Permission.STEER_NODE, serializers.Id, _remove),
)
