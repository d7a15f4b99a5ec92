"""VMs that come back unasked: after their host was started anew, and what a good run makes forgotten."""

from __future__ import annotations

from functools import partial

from vms.actions.change import Fields, change
from vms.actions.events import record_event
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.database import now_ms, writing
from vms.models import Node, Vm
from vms.selectors import work

SPARE_MS = 600_000
"""So much later than the longest pause a try may be due: after a boot many wait in order."""
APART_MS = 250
"""Between two VMs that become due after a boot: enough to keep them in order, whatever a look costs."""


def after_look(node_id: int, boot_id: str) -> None:
    """Every VM of the node was looked at. If the host was started anew since, those that should run are due.

    They come in the order in which they were created, each for itself: one that can't be launched
    is tried again like any other, and holds nobody up. What went wrong before the boot is not counted.
    """
    known = Node.objects.values_list("boot_id", flat=True).get(pk=node_id)
    if known == boot_id:
        return
    if known:
        due_ms = now_ms()
        for place, vm_id in enumerate(work.ids_to_start_again(node_id)):
            change(vm_id, partial(_due, at_ms=due_ms + place * APART_MS, place=place + 1))
    with writing():
        # Last, so that a server that is killed before does it again.
        Node.objects.filter(pk=node_id).update(boot_id=boot_id)


def forget_restarts(node_id: int) -> None:
    """A run that has lasted for ``reset_window`` was healthy: what came before it counts no more.

    That a guest says it has booted is no such sign: one that says so and crashes again would never
    be given up.
    """
    before_ms = now_ms() - int(conf().cvm.auto_restart.reset_window * 1000)
    for vm_id in work.ids_recovered(node_id, before_ms):
        change(vm_id, partial(_recovered, before_ms=before_ms))


def bring_forward(node_id: int) -> None:
    """Tries that are due later than any pause is long are due now: the clock was set back since."""
    longest_ms = int(conf().cvm.auto_restart.max_backoff * 1000) + SPARE_MS
    after_ms = now_ms() + longest_ms
    for vm_id in work.ids_due_after(node_id, after_ms):
        change(vm_id, partial(_due_now, after_ms=after_ms))


def _due_now(vm: Vm, *, after_ms: int) -> Fields:
    if vm.next_retry_at_ms is None or vm.next_retry_at_ms <= after_ms:
        return {}
    record_event(vm, "host.restart", "the host's clock was set back; it is due now")
    return {"next_retry_at_ms": now_ms()}


def _due(vm: Vm, *, at_ms: int, place: int) -> Fields:
    if not _is_to_start(vm):
        return {}
    record_event(vm, "host.restart", f"the host was started anew; number {place} to start")
    return {"next_retry_at_ms": at_ms, "restarts": 0}


def _is_to_start(vm: Vm) -> bool:
    pending = vm.generation > vm.observed_generation
    return vm.desired == Desired.RUNNING and vm.actual == Actual.OFF and not pending


def _recovered(vm: Vm, *, before_ms: int) -> Fields:
    ran_long = vm.started_at_ms is not None and vm.started_at_ms <= before_ms
    return {"restarts": 0} if vm.actual == Actual.ON and vm.restarts and ran_long else {}
