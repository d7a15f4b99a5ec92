"""SvRemove: forgetting how a VM's last process ended."""

from __future__ import annotations

from vms.actions.change import Fields, change_existing
from vms.choices import Actual
from vms.errors import Conflict
from vms.models import Vm


def forget_end(vm_id: str) -> Vm:
    """Clear what is known of the VM's last process; the VM itself stays as it is.

    Raises:
        NotFound: no such VM.
        Conflict: its process runs, or is about to.
    """

    def decide(vm: Vm) -> Fields:
        if vm.actual != Actual.OFF:
            raise Conflict(f"the process of VM {vm.name!r} runs ({vm.status}); stop it first")
        blank: Fields = {"exit_reason": "", "exit_code": None, "exited_at_ms": None}
        return blank if any(getattr(vm, name) != value for name, value in blank.items()) else {}

    return change_existing(vm_id, decide)
