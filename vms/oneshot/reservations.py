"""What the server of this data folder has given away already: read in its database, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import DatabaseError

from vms.actions import reserve
from vms.conf import conf
from vms.configuration import Port, VmConfiguration
from vms.errors import Conflict, VmmError
from vms.models import Gpu, Node, Vm
from vms.oneshot.site import DATABASE


@dataclass(frozen=True)
class Reservations:
    """``node`` is the server's row of this host; without it nothing is known, and ``unknown`` says why."""

    node: Node | None = None
    unknown: str = ""

    def vm(self, vm_id: str) -> Vm | None:
        """The server's VM of that id."""
        return Vm.objects.filter(pk=vm_id).first() if self.node and vm_id else None

    def free_cid(self) -> int:
        """The CID that the server would give to the next VM. Raises Conflict."""
        return reserve.free_cid(self.node) if self.node else conf().cvm.cids[0]

    def holders(self) -> dict[str, Vm]:
        """Who has which GPU, by slot."""
        held = Gpu.objects.filter(node=self.node).exclude(holder=None).select_related("holder")
        return {gpu.slot: gpu.holder for gpu in held if gpu.holder} if self.node else {}

    def refusals(
        self, config: VmConfiguration, ports: tuple[Port, ...], vm_id: str, cid: int | None
    ) -> list[str]:
        """What of it other VMs have, in words; ``cid`` is the one that was asked for, if any was."""
        node = self.node
        if node is None:
            return list(_words(lambda: reserve.check_limits(config.vcpu, config.memory)))
        return [
            *_words(lambda: reserve.check_ports(node, ports, besides=vm_id)),
            *_words(lambda: reserve.check_capacity(node, config.vcpu, config.memory, besides=vm_id)),
            *(_words(lambda: _check_cid(node, cid, vm_id)) if cid else ()),
        ]


def _check_cid(node: Node, cid: int, vm_id: str) -> None:
    for other in Vm.objects.filter(node=node, cid=cid).exclude(pk=vm_id):
        raise Conflict(f"cid: {cid} is of VM {other.name!r} ({other.pk}, {other.status})")


def look() -> Reservations:
    """Open the database and find this host's node in it."""
    file, name = conf().data_dir / DATABASE, conf().effective_node_name
    try:
        if not file.is_file():
            return Reservations(unknown=f"there is no database in {conf().data_dir}")
        node = Node.objects.filter(name=name).first()
    except (OSError, DatabaseError) as error:
        return Reservations(unknown=f"{file} can't be read ({error})")
    return Reservations(node, "" if node else f"{file} knows no node {name!r}")


def _words(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except VmmError as error:
        yield error.message
