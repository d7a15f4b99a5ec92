"""VMs that come back unasked: after the host's boot, in order; and restarts that are forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import make_node, make_vm
from vms.actions import observe, recovery, vms
from vms.actions.change import change
from vms.actions.observe import Ending, Sighting
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.database import now_ms
from vms.models import Event, Node, Vm
from vms.selectors.watch import WatchRow, watch_row

pytestmark = pytest.mark.django_db
CRASH = Sighting(Actual.OFF, ending=Ending("killed", 1000, 137, ""))


def row(vm: Vm) -> WatchRow:
    found = watch_row(vm.pk)
    assert found is not None
    return found


def booted_before(boot_id: str = "before") -> Node:
    node = make_node()
    Node.objects.filter(pk=node.pk).update(boot_id=boot_id, heartbeat_at_ms=now_ms())
    return node


def test_after_a_boot_those_that_should_run_are_due_in_the_order_of_their_creation() -> None:
    node = booted_before()
    young, old = make_vm(created_at_ms=2_000), make_vm(created_at_ms=1_000)
    gave_up = make_vm(created_at_ms=3_000, restarts=5, boot_error="gave up")
    others = [
        make_vm(desired="stopped"),
        make_vm(desired="absent"),
        make_vm(actual="on"),
        make_vm(actual="unknown"),
        make_vm(generation=2),
        make_vm(node=make_node("another host")),
    ]
    recovery.after_look(node.pk, "after")
    due = Vm.objects.exclude(next_retry_at_ms=None).order_by("next_retry_at_ms")
    assert list(due.values_list("id", flat=True)) == [old.pk, young.pk, gave_up.pk]
    times = list(due.values_list("next_retry_at_ms", flat=True))
    assert times == [
        first_ms := min(filter(None, times)),
        *(first_ms + n * recovery.APART_MS for n in (1, 2)),
    ]
    assert list(due.values_list("restarts", flat=True)) == [0, 0, 0]
    assert Event.objects.get(vm=young).body == "the host was started anew; number 2 to start"
    for vm in others:
        vm.refresh_from_db()
        assert vm.revision == 1


def test_it_is_done_once_for_each_boot() -> None:
    node = booted_before()
    vm = make_vm()
    recovery.after_look(node.pk, "after")
    Vm.objects.filter(pk=vm.pk).update(next_retry_at_ms=None)
    recovery.after_look(node.pk, "after")
    vm.refresh_from_db()
    assert vm.next_retry_at_ms is None


def test_a_server_that_never_looked_before_knows_of_no_boot() -> None:
    node = booted_before("")
    vm = make_vm()
    recovery.after_look(node.pk, "this")
    vm.refresh_from_db()
    node.refresh_from_db()
    assert (vm.next_retry_at_ms, node.boot_id) == (None, "this")


def test_a_killed_server_does_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    node = booted_before()
    first, second = make_vm(), make_vm()
    done: list[str] = []

    def killed_after_one(vm_id: str, decide: Any) -> Vm | None:
        if done:
            raise KeyboardInterrupt
        done.append(vm_id)
        return change(vm_id, decide)

    monkeypatch.setattr(recovery, "change", killed_after_one)
    with pytest.raises(KeyboardInterrupt):
        recovery.after_look(node.pk, "after")
    monkeypatch.undo()
    recovery.after_look(node.pk, "after")
    for vm in (first, second):
        vm.refresh_from_db()
        assert vm.next_retry_at_ms is not None


def test_the_host_s_going_down_is_no_crash() -> None:
    vm = make_vm(actual="on", restarts=5, started_at_ms=900)
    observe.seen(vm.pk, Sighting(Actual.OFF, ending=Ending("host-reboot", 1000, None, "")))
    vm.refresh_from_db()
    assert (vm.exit_reason, vm.restarts, vm.boot_error) == ("host-reboot", 0, "")
    assert vm.next_retry_at_ms is not None
    assert list(Event.objects.filter(vm=vm).values_list("event", flat=True)) == ["host.exited"]


def test_of_a_vm_that_was_being_shut_down_it_is_the_end() -> None:
    vm = make_vm(actual="on", desired="stopped", shutdown_requested=True, shutdown_progress="asked")
    observe.seen(vm.pk, Sighting(Actual.OFF, ending=Ending("host-reboot", 1000, None, "")))
    vm.refresh_from_db()
    assert (vm.next_retry_at_ms, vm.desired) == (None, Desired.STOPPED)


def test_a_run_that_has_lasted_makes_restarts_forgotten() -> None:
    window_ms = int(conf().cvm.auto_restart.reset_window * 1000)
    ago = {"actual": "on", "restarts": 3}
    healthy = make_vm(**ago, started_at_ms=now_ms() - window_ms - 1000)
    young = make_vm(**ago, started_at_ms=now_ms() - window_ms + 60_000, boot_progress="done")
    unknown = make_vm(**ago | {"actual": "unknown"}, started_at_ms=0)
    recovery.forget_restarts(healthy.node_id)
    assert [row(vm).restarts for vm in (healthy, young, unknown)] == [0, 3, 3]


def test_one_that_crashes_again_and_again_is_given_up_and_shown_so() -> None:
    booted_before()
    most = conf().cvm.auto_restart.max_retries
    vm = make_vm(actual="on", started_at_ms=900, generation=1)
    pauses = []
    for again in range(most):
        observe.seen(vm.pk, CRASH)
        told = row(vm)
        assert (told.restarts, told.restart_exhausted) == (again + 1, False)
        assert told.next_retry_at is not None
        pauses.append(told.next_retry_at - now_ms())
        observe.launching(vm.pk, 1, "booting")
        assert row(vm).boot_error == ""
        observe.launched(vm.pk, 1, Sighting(Actual.ON, pid=7, started_at_ms=900), 0)
    assert pauses == sorted(pauses)
    assert pauses[-1] > 8 * pauses[0]
    observe.seen(vm.pk, CRASH)
    told = row(vm)
    assert (told.status, told.restarts, told.restart_exhausted, told.next_retry_at) == (
        "exited",
        most,
        True,
        None,
    )
    assert told.boot_error.endswith(f"gave up after {most} automatic restarts; start it by hand")
    last = Event.objects.filter(vm=vm).order_by("-id").first()
    assert last is not None
    assert last.body.startswith("gave up after ")

    vms.start(vm.pk)
    told = row(vm)
    assert (told.restarts, told.restart_exhausted) == (0, False)


@pytest.mark.parametrize(
    "changed",
    [{"desired": "stopped"}, {"actual": "on"}, {"restarts": 4}, {"next_retry_at_ms": 5}, {"generation": 2}],
)
def test_only_one_that_nobody_starts_again_is_given_up(changed: dict[str, Any]) -> None:
    assert row(make_vm(restarts=5)).restart_exhausted
    assert not row(make_vm(**{"restarts": 5} | changed)).restart_exhausted


def test_where_nothing_is_restarted_nothing_is_given_up(settings: Any) -> None:
    auto = conf().cvm.auto_restart.model_copy(update={"enabled": False})
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"auto_restart": auto})})
    assert not row(make_vm(restarts=5)).restart_exhausted
