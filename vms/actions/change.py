"""How a VM's row is changed: compare and swap on its revision, then told to everybody.

SQLite ignores ``select_for_update``; a conditional update holds on both databases.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from vms import faults
from vms.access.policy import Permission, require_for_vm
from vms.access.trail import about_vm
from vms.actions import gpus
from vms.database import writing
from vms.live import publish
from vms.models import Vm
from vms.selectors.vms import unknown_vm
from vms.selectors.work import vm_with_node

Fields = dict[str, Any]
_TRIES = 8


class Contended(RuntimeError):
    """A row changed under every one of several tries. A bug, or a database in trouble."""


class _Beaten(Exception):
    """Somebody else was faster: nothing of this try may stay."""


def change(vm_id: str, decide: Callable[[Vm], Fields]) -> Vm | None:
    """Read the VM, let ``decide`` say which fields change, and write them if nobody was faster.

    ``decide`` may run several times and may raise to refuse; empty fields change nothing.
    Of a try that fails nothing stays, other rows that it wrote included.

    Returns:
        the row as it is now, or None where there is no such VM.
    """
    for _ in range(_TRIES):
        with contextlib.suppress(_Beaten), writing():
            vm = vm_with_node(vm_id)
            if vm is None:
                return None
            fields = decide(vm)
            if fields and not swap(vm, fields):
                # Rolls back: what ``decide`` wrote beside the row was meant for another row.
                raise _Beaten
            return vm
    raise Contended(f"the row of VM {vm_id} changed {_TRIES} times while it was being written")


def change_existing(vm_id: str, permission: Permission, decide: Callable[[Vm], Fields]) -> Vm:
    """Like :func:`change`, of whoever acts now, who needs that permission for that VM.

    Raises:
        NotFound: there is no such VM, or none that they see.
        Forbidden: they may not do this to it.
    """

    def allowed(vm: Vm) -> Fields:
        require_for_vm(permission, vm_id, vm.owner_id)
        about_vm(vm.pk, vm.name)
        return decide(vm)

    vm = change(vm_id, allowed)
    if vm is None:
        raise unknown_vm(vm_id)
    return vm


def swap(vm: Vm, fields: Fields) -> bool:
    """Write ``fields`` if the row still has the revision that was read; say whether it was so.

    Inside a transaction. On success the instance is brought up to date too, and a VM that
    thereby came to rest holds no GPU any more.
    """
    same = Vm.objects.filter(pk=vm.pk, revision=vm.revision)
    rested = gpus.is_at_rest(vm)
    if not same.update(**fields, revision=F("revision") + 1):
        return False
    for name, value in fields.items():
        setattr(vm, name, value)
    vm.revision += 1
    if not rested and gpus.is_at_rest(vm):
        gpus.let_go(vm)
    transaction.on_commit(partial(faults.point, "change.committed"))
    publish.changed(vm)
    faults.point("change.written")
    return True
