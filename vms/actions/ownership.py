"""Whose a VM is."""

from __future__ import annotations

from django.contrib.auth.models import User

from vms.access.policy import Permission
from vms.actions import quota
from vms.actions.change import Fields, change_existing
from vms.choices import Desired
from vms.errors import Conflict, NotFound
from vms.models import Vm


def give(vm_id: str, owner: str) -> Vm:
    """Have the VM belong to the user of that name; to nobody, where it is empty.

    Raises:
        NotFound: no such VM, or no such user.
        Conflict: it is being removed, or they would have more than they may.
        Forbidden: whoever acts is no admin.
    """

    def decide(vm: Vm) -> Fields:
        user = _user(owner) if owner else None
        owner_id = None if user is None else user.pk
        if vm.owner_id == owner_id:
            return {}
        if vm.desired == Desired.ABSENT:
            raise Conflict(f"VM {vm.name!r} is being removed")
        quota.check_kept(vm, owner_id)
        return {"owner_id": owner_id}

    return change_existing(vm_id, Permission.MANAGE_ACCESS, decide)


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise NotFound(f"owner: there is no user {name[:80]!r}")
    return user
