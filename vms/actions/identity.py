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

    def decide(vm: Vm) -> Fields:
        if vm.revision != revision:
            return {}
        now = {"instance_id_seed": instance_id_seed, "instance_id": instance_id}
        return now if any(getattr(vm, name) != value for name, value in now.items()) else {}

    vm = change(vm_id, decide)
    if vm is None or (vm.instance_id_seed, vm.instance_id) != (instance_id_seed, instance_id):
        return None
    return vm.revision
