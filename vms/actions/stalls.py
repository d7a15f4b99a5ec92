"""VMs that boot or shut down and get nowhere: said once, and taken back when they move on."""

from __future__ import annotations

from functools import partial

from vms.actions.change import Fields, change
from vms.actions.events import MAX_PROGRESS, printable, record_event
from vms.choices import Desired
from vms.conf import conf
from vms.database import now_ms
from vms.models import Vm
from vms.selectors import work


def notice(node_id: int, listening_since_ms: int) -> None:
    """Say of every VM of the node that has said nothing for ``stall_after`` that it is stalled.

    What was said before ``listening_since_ms`` may not have been read yet: whoever just began to
    listen waits as long before it calls anybody silent.
    """
    silent_s = conf().cvm.stall_after
    before_ms = now_ms() - int(silent_s * 1000)
    if not silent_s or listening_since_ms > before_ms:
        return
    for vm_id in work.silent_ids(node_id, before_ms):
        change(vm_id, partial(_stalled, node_id=node_id, before_ms=before_ms, silent_s=silent_s))


def _stalled(vm: Vm, *, node_id: int, before_ms: int, silent_s: float) -> Fields:
    if vm.pk not in work.silent_ids(node_id, before_ms, only=vm.pk):
        return {}  # it said something meanwhile
    silence = f"{work.STALLED}nothing new for {silent_s:g} s"
    if vm.desired == Desired.RUNNING:
        words = f"{silence}; the last was: {vm.boot_progress}"
        record_event(vm, "host.stalled", words)
        return {"boot_error": words}
    words = printable(f"{silence}; StopVm ends it. The last was: {vm.shutdown_progress}", MAX_PROGRESS)
    record_event(vm, "host.stalled", words)
    return {"shutdown_progress": words}
