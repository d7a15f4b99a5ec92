"""Which guests can be asked, and where they are."""

from __future__ import annotations

from vms.choices import Actual
from vms.errors import Conflict
from vms.guest.interface import GuestAddress
from vms.models import Vm
from vms.selectors.vms import unknown_vm

_COLUMNS = ("id", "node_id", "cid", "no_tee", "image", "name", "desired", "actual")


def guest_address(vm_id: str) -> GuestAddress | None:
    """Where the VM's guest is, whether it runs or not; None where there is no such VM."""
    vm = Vm.objects.filter(pk=vm_id).only(*_COLUMNS).first()
    return None if vm is None else _address(vm)


def running_guest(vm_id: str) -> GuestAddress:
    """Where the guest of a running VM is.

    Raises:
        NotFound: there is no such VM.
        Conflict: it doesn't run, so nobody can be asked.
    """
    vm = Vm.objects.filter(pk=vm_id).only(*_COLUMNS).first()
    if vm is None:
        raise unknown_vm(vm_id)
    if vm.actual == Actual.STARTING:
        raise Conflict(f"VM {vm.name!r} is starting: its guest can't be asked yet")
    if vm.actual == Actual.OFF:
        raise Conflict(f"VM {vm.name!r} does not run ({vm.status}): its guest can't be asked; use StartVm")
    return _address(vm)


def vm_of_guest(node_id: int, cid: int) -> str | None:
    """The id of the VM whose guest has that vsock context id; None where none has."""
    return Vm.objects.filter(node=node_id, cid=cid).values_list("id", flat=True).first()


def _address(vm: Vm) -> GuestAddress:
    return GuestAddress(vm.pk, vm.node_id, vm.cid, confidential=not vm.no_tee, image=vm.image)
