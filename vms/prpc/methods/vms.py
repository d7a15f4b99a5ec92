"""Methods about virtual machines."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from rest_framework.exceptions import ValidationError

from vms.access.policy import Permission, require_for_known_vm, sight
from vms.access.principal import current
from vms.actions import update as updates
from vms.actions import vms
from vms.actions.check import Remark, check_new
from vms.actions.retention import kept
from vms.choices import Desired
from vms.compose import compose_hash, parse_compose
from vms.models import Vm
from vms.prpc import listing, outcome, serializers
from vms.prpc.errors import from_validation
from vms.prpc.methods.base import Method, Pending, Values, required_id
from vms.prpc.prepared import Prepared
from vms.selectors import events


def _create(values: Values) -> Pending:
    vm = vms.create(serializers.to_configuration(values))

    async def created() -> dict[str, str]:
        await outcome.created(vm.pk, vm.generation)
        return {"id": vm.pk}

    return Pending(created)


def _check(values: Values) -> dict[str, Any]:
    unread = [
        Remark(name, from_validation(ValidationError({name: detail})).message)
        for name, detail in values["unread"].items()
    ]
    return asdict(check_new(serializers.to_configuration(values), unread))


def _start(values: Values) -> Pending | None:
    return _awaited("StartVm", vms.start(required_id(values)))


def _stop(values: Values) -> Pending | None:
    return _awaited("StopVm", vms.stop(required_id(values)))


def _shutdown(values: Values) -> Pending | None:
    return _awaited("ShutdownVm", vms.shutdown(required_id(values)))


def _remove(values: Values) -> None:
    vms.remove(required_id(values))


def _update(values: Values) -> dict[str, str]:
    required_id(values)
    return {"id": updates.update(serializers.to_update(values)).pk}


def _resize(values: Values) -> None:
    required_id(values)
    updates.resize(serializers.to_resize(values))


def _awaited(what: str, vm: Vm) -> Pending | None:
    """Wait for the worker, unless it has answered already (nothing was to do)."""
    if vm.observed_generation >= vm.generation and vm.desired != Desired.ABSENT:
        return None
    return Pending(partial(outcome.settled, vm.pk, vm.generation, what))


def _compose_hash(values: Values) -> dict[str, str]:
    parse_compose(values["compose_file"])
    return {"hash": compose_hash(values["compose_file"])}


def _status(values: Values) -> Prepared:
    return listing.status(serializers.to_filter(values), sight(current()))


def _get_info(values: Values) -> Prepared:
    return listing.one(required_id(values), sight(current()))


def _list_events(values: Values) -> dict[str, Any]:
    vm_id = required_id(values)
    require_for_known_vm(Permission.SEE_VM, vm_id)
    return {"events": events.after(vm_id, values["after"]), "kept": kept()}


METHODS = (
    Method("CreateVm", Permission.CREATE_VM, serializers.VmConfigurationMessage, _create),
    Method(
        "CheckVm",
        Permission.CREATE_VM,
        serializers.VmConfigurationMessage,
        _check,
        changes=False,
        lenient=True,
    ),
    Method("StartVm", Permission.STEER_VM, serializers.Id, _start),
    Method("StopVm", Permission.STEER_VM, serializers.Id, _stop),
    Method("ShutdownVm", Permission.STEER_VM, serializers.Id, _shutdown),
    Method("RemoveVm", Permission.CHANGE_VM, serializers.Id, _remove),
    Method("UpdateVm", Permission.CHANGE_VM, serializers.UpdateVmRequest, _update),
    Method("UpgradeApp", Permission.CHANGE_VM, serializers.UpdateVmRequest, _update),
    Method("ResizeVm", Permission.CHANGE_VM, serializers.ResizeVmRequest, _resize),
    Method(
        "GetComposeHash", Permission.LOOK, serializers.VmConfigurationMessage, _compose_hash, changes=False
    ),
    Method("Status", Permission.SEE_VM, serializers.StatusRequest, _status, changes=False, flat=True),
    Method("GetInfo", Permission.SEE_VM, serializers.Id, _get_info, changes=False, flat=True),
    Method(
        "ListEvents", Permission.SEE_VM, serializers.ListEventsRequest, _list_events, changes=False, flat=True
    ),
)
