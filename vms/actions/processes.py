"""What SvStop and SvRemove need: which process is a VM's own, and forgetting how it ended."""

from __future__ import annotations

from vms.access.policy import Permission
from vms.actions.change import Fields, change_existing
from vms.choices import Actual
from vms.errors import Conflict
from vms.models import Vm
from vms.selectors.processes import SWTPM


def require_own(process_id: str) -> None:
    """Refuse the id of a process that is there for a VM, and does nothing without it.

    Raises:
        Conflict: it is a VM's TPM.
    """
    vm_id = process_id.removesuffix(SWTPM)
    helped = Vm.objects.filter(pk=vm_id, tpm_started_at_ms__isnull=False)
    if vm_id != process_id and helped.exists() and not Vm.objects.filter(pk=process_id).exists():
        raise Conflict(f"{process_id} is the TPM of VM {vm_id} and ends with it; give the VM's id")


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

    return change_existing(vm_id, Permission.STEER_NODE, decide)
