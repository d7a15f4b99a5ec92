"""What is asked of a VM's guest, by the VM's id: answered by the guest's own agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from vms.access.policy import Permission, require_for_known_vm
from vms.actions import vms
from vms.fleet import places
from vms.guest import agents
from vms.guest.agents import Agents
from vms.guest.interface import GuestAddress
from vms.prpc import outcome, serializers
from vms.prpc.methods.base import Elsewhere, Method, Pending, Values, required_id
from vms.selectors.guests import running_guest

Ask = Callable[[Agents, GuestAddress], Awaitable[Any]]


def _guest(values: Values) -> GuestAddress:
    vm_id = required_id(values)
    require_for_known_vm(Permission.STEER_VM, vm_id)
    return running_guest(vm_id)


def _asked(ask: Ask, values: Values) -> Pending | Elsewhere:
    guest = _guest(values)
    if (place := places.of_node(guest.node_id)) is not None:
        return Elsewhere(place)
    known = agents.of_node(guest.node_id)

    async def answered() -> dict[str, Any]:
        return asdict(await ask(known, guest))

    return Pending(answered)


def _shutdown(values: Values) -> Pending | None:
    """The way that ShutdownVm takes: a guest that ended behind its VM's back might be started again."""
    guest = _guest(values)
    vm = vms.shutdown(guest.vm_id)
    if vm.observed_generation >= vm.generation:
        return None
    return Pending(partial(outcome.settled, vm.pk, vm.generation, "Shutdown"))


_QUESTIONS: tuple[tuple[str, Ask], ...] = (
    ("Info", Agents.info),
    ("SysInfo", Agents.sys_info),
    ("NetworkInfo", Agents.network_info),
    ("ListContainers", Agents.list_containers),
)
METHODS = (
    *(
        Method(name, Permission.STEER_VM, serializers.Id, partial(_asked, ask), changes=False, flat=True)
        for name, ask in _QUESTIONS
    ),
    Method("Shutdown", Permission.STEER_VM, serializers.Id, _shutdown),
)
