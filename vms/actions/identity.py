"""Which instance of its application a VM is: told by its guest, or fixed by a launch that has it measured."""

from __future__ import annotations

from vms.actions.change import Fields, change
from vms.models import Vm


def fix(vm_id: str, revision: int, instance_id_seed: str, instance_id: str) -> int | None:
    """Write down what the next launch was made with (hex), before anything of it is done.

    The guest's files are written from it after that, so that they agree wherever we are cut off.

    Returns:
        the row's revision now, or None where somebody changed it since ``revision`` was read.
    """

    as_read = False

    def decide(vm: Vm) -> Fields:
        nonlocal as_read
        as_read = vm.revision == revision
        now = {"instance_id_seed": instance_id_seed, "instance_id": instance_id}
        differs = any(getattr(vm, name) != value for name, value in now.items())
        return now if as_read and differs else {}

    vm = change(vm_id, decide)
    return vm.revision if vm is not None and as_read else None
