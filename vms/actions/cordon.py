"""Taking a node out of use and back into it: no new VMs, its VMs stopped, its row removed."""

from __future__ import annotations

from vms.access.policy import name_of
from vms.actions import vms
from vms.actions.nodes import require_worker
from vms.choices import Actual, Desired, Draining, NodeState
from vms.database import now_ms, writing
from vms.errors import Conflict, Invalid
from vms.live import publish
from vms.models import Node, Vm
from vms.selectors.nodes import HAS_ROOM_TAKEN, state_of, unknown_node

MAX_NAMED = 3


def cordon(name: str) -> None:
    """Have no new VM placed on it. Raises NotFound."""
    _write(name, cordoned=True)


def uncordon(name: str) -> None:
    """Let VMs be placed on it again, and run. Raises NotFound."""
    _write(name, cordoned=False, draining=Draining.NO)


def drain(name: str, how: str) -> list[str]:
    """Cordon a node and empty it; ids of the VMs that still run there or are about to.

    ``stop`` asks the guest of each to power off, as ShutdownVm does, and none is started there until
    the node is uncordoned. ``wait`` leaves them running.

    Raises:
        NotFound: no such node. Invalid: another ``how``. Unavailable: nobody is there to stop its VMs.
    """
    if how not in (Draining.STOP, Draining.WAIT):
        raise Invalid(f"how: must be stop or wait, not {how[:40]!r}")
    with writing():
        node = _write(name, cordoned=True, draining=how)
        here = Vm.objects.filter(HAS_ROOM_TAKEN, node=node).order_by("created_at_ms", "id")
        if how == Draining.STOP:
            require_worker(node)
            for vm in here.filter(desired=Desired.RUNNING):
                # Of one that is off, and waits for its next try, there is no guest to ask.
                (vms.stop if vm.actual == Actual.OFF else vms.shutdown)(vm.pk)
        return list(here.values_list("id", flat=True))


def remove(name: str) -> None:
    """Forget a node that is gone for good, with its images, pulls and GPUs.

    Raises:
        NotFound: no such node. Conflict: its worker is there, or VMs are on it, which are named.
    """
    with writing():
        node = _node(name)
        if state_of(node) == NodeState.UP or node.lease_until_ms > now_ms():
            raise Conflict(f"node {name!r} is up: end its server first, then remove it")
        here = list(Vm.objects.filter(node=node).order_by("created_at_ms", "id")[: MAX_NAMED + 1])
        if here:
            named = ", ".join(map(name_of, here[:MAX_NAMED])) + (", …" if len(here) > MAX_NAMED else "")
            raise Conflict(f"node {name!r} has VMs: {named}; remove them first, once its server is back")
        node.delete()
        publish.nodes_changed()
        publish.images_changed()


def _write(name: str, **values: object) -> Node:
    with writing():
        node = _node(name)
        Node.objects.filter(pk=node.pk).update(**values)
        publish.nodes_changed()
        return node


def _node(name: str) -> Node:
    """Locked where the database can, so that nobody places a VM on it meanwhile."""
    node = Node.objects.select_for_update(no_key=True).filter(name=name).first()
    if node is None:
        raise unknown_node(name)
    return node
