"""The methods of the ``Vmm`` service: each reads a message, calls one action, names the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from vms.actions import update as updates
from vms.actions import vms
from vms.choices import Desired
from vms.conf import conf
from vms.errors import Invalid
from vms.models import Vm
from vms.prpc import outcome, serializers
from vms.prpc.fields import Message
from vms.selectors import info, meta
from vms.selectors.images import list_images
from vms.version import REV, VERSION

Values = dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """A result that holds once ``wait`` has returned; it raises our errors."""

    wait: Callable[[], Awaitable[None]]
    result: Any = None


@dataclass(frozen=True)
class Method:
    """One method of the wire. ``call`` returns a result, None for Empty, or a Pending."""

    name: str
    request: type[Message]
    call: Callable[[Values], Any]
    changes: bool = True
    flat: bool = False

    @property
    def allows_get(self) -> bool:
        """Only what changes nothing, and whose request fits in a query."""
        return self.flat and not self.changes


def _vm_id(values: Values) -> str:
    if not values["id"]:
        raise Invalid("id: is missing; give the VM's id")
    return str(values["id"])


def _create(values: Values) -> Pending:
    vm = vms.create(serializers.to_configuration(values))
    return Pending(partial(outcome.created, vm.pk, vm.generation), {"id": vm.pk})


def _start(values: Values) -> Any:
    return _awaited("StartVm", vms.start(_vm_id(values)))


def _stop(values: Values) -> Any:
    return _awaited("StopVm", vms.stop(_vm_id(values)))


def _shutdown(values: Values) -> Any:
    return _awaited("ShutdownVm", vms.shutdown(_vm_id(values)))


def _remove(values: Values) -> None:
    vms.remove(_vm_id(values))


def _update(values: Values) -> Any:
    _vm_id(values)
    return {"id": updates.update(serializers.to_update(values)).pk}


def _resize(values: Values) -> None:
    _vm_id(values)
    updates.resize(serializers.to_resize(values))


def _awaited(what: str, vm: Vm) -> Pending | None:
    """Wait for the worker, unless it has answered already (nothing was to do)."""
    if vm.observed_generation >= vm.generation and vm.desired != Desired.ABSENT:
        return None
    return Pending(partial(outcome.settled, vm.pk, vm.generation, what))


def _status(values: Values) -> Any:
    rows, total = info.list_vms(serializers.to_filter(values))
    return {"vms": rows, "port_mapping_enabled": conf().cvm.port_mapping.enabled, "total": total}


def _get_info(values: Values) -> Any:
    row = info.get_vm(_vm_id(values))
    return {"found": row is not None, "info": row}


METHODS = {
    method.name: method
    for method in (
        Method("CreateVm", serializers.VmConfigurationMessage, _create),
        Method("StartVm", serializers.Id, _start),
        Method("StopVm", serializers.Id, _stop),
        Method("ShutdownVm", serializers.Id, _shutdown),
        Method("RemoveVm", serializers.Id, _remove),
        Method("UpdateVm", serializers.UpdateVmRequest, _update),
        Method("UpgradeApp", serializers.UpdateVmRequest, _update),
        Method("ResizeVm", serializers.ResizeVmRequest, _resize),
        Method("Status", serializers.StatusRequest, _status, changes=False, flat=True),
        Method("GetInfo", serializers.Id, _get_info, changes=False, flat=True),
        Method(
            "ListImages",
            serializers.Empty,
            lambda _: {"images": list_images()},
            changes=False,
            flat=True,
        ),
        Method(
            "Version",
            serializers.Empty,
            lambda _: {"version": VERSION, "rev": REV},
            changes=False,
            flat=True,
        ),
        Method("GetMeta", serializers.Empty, lambda _: meta.get_meta(), changes=False, flat=True),
    )
}
PREFIXES = ("Vmm.", "Teepod.")


def find_method(name: str) -> Method | None:
    """The method of that name, with or without the service's name before it."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return METHODS.get(name)
