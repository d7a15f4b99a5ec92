"""What the worker writes down, and what follows from it; each may be repeated without harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.rows import make_vm
from vms.actions import observe, vms
from vms.actions.observe import Ending, SeenTpm, Sighting
from vms.choices import Actual, Desired, StopMode
from vms.database import now_ms
from vms.errors import Conflict
from vms.models import Event, Vm

pytestmark = pytest.mark.django_db

ON = Sighting(Actual.ON, pid=7, started_at_ms=5)


def off(reason: str = "killed", code: int | None = 137, detail: str = "") -> Sighting:
    return Sighting(Actual.OFF, ending=Ending(reason, 1000, code, detail))


def fields(vm: Vm, *names: str) -> tuple[Any, ...]:
    vm.refresh_from_db()
    return tuple(getattr(vm, name) for name in names)


def events(vm: Vm) -> list[str]:
    return list(Event.objects.filter(vm=vm).order_by("id").values_list("event", flat=True))


def with_live_worker(vm: Vm) -> Vm:
    vm.node.heartbeat_at_ms = now_ms()
    vm.node.save()
    return vm


def test_the_same_sighting_twice_is_one_change() -> None:
    vm = make_vm()
    observe.seen(vm.pk, ON)
    observe.seen(vm.pk, ON)
    assert fields(vm, "actual", "pid", "started_at_ms", "revision") == ("on", 7, 5, 2)


def test_a_tpm_that_ends_is_told_once_with_its_last_words() -> None:
    vm = make_vm()
    lost = SeenTpm(9, 4, is_alive=False, last_words="killed")
    observe.seen(vm.pk, replace(ON, tpm=SeenTpm(9, 4, is_alive=True)))
    assert fields(vm, "tpm_pid", "tpm_started_at_ms") == (9, 4)
    for actual in (Actual.ON, Actual.UNKNOWN, Actual.UNKNOWN):
        observe.seen(vm.pk, replace(ON, actual=actual, tpm=lost))
    assert fields(vm, "tpm_pid", "tpm_started_at_ms") == (None, 4)
    assert events(vm) == ["host.tpm_ended", "host.unreachable"]
    assert Event.objects.get(event="host.tpm_ended").body.endswith("stopped and started again: killed")
    observe.seen(vm.pk, off())
    assert fields(vm, "tpm_pid", "tpm_started_at_ms") == (None, None)


def test_an_end_seen_twice_is_told_once() -> None:
    vm = make_vm(actual="on")
    observe.seen(vm.pk, off())
    observe.seen(vm.pk, off())
    assert events(vm) == ["host.exited", "host.restart"]


def test_an_end_is_told_with_code_and_last_words() -> None:
    vm = make_vm(actual="on")
    observe.seen(vm.pk, off("error", 1, "out of memory\n"))
    assert Event.objects.get(event="host.exited").body == "error, code 1: out of memory"
    assert fields(vm, "exited_at_ms", "exit_reason", "exit_code") == (1000, "error", 1)


def test_an_end_without_a_trace_is_lost() -> None:
    vm = make_vm(actual="on")
    observe.seen(vm.pk, Sighting(Actual.OFF))
    assert fields(vm, "exit_reason", "exit_code") == ("lost", None)


@pytest.mark.parametrize("reason", ["killed", "guest-panic", "guest-reset", "error", "lost", "host-signal"])
def test_an_end_that_nobody_wished_is_followed_by_a_restart(reason: str) -> None:
    vm = make_vm(actual="on")
    observe.seen(vm.pk, off(reason))
    desired, again, restarts = fields(vm, "desired", "next_retry_at_ms", "restarts")
    assert (desired, restarts) == ("running", 1)
    assert 4000 < again - now_ms() <= 5000


def test_a_guest_that_switched_itself_off_should_be_off() -> None:
    vm = make_vm(actual="on")
    observe.seen(vm.pk, off("guest-shutdown", 0))
    assert fields(vm, "desired", "next_retry_at_ms") == ("stopped", None)


def test_a_vm_started_again_while_it_shut_down_is_started_at_once() -> None:
    vm = make_vm(actual="on", shutdown_requested=True)
    observe.seen(vm.pk, off("guest-shutdown", 0))
    desired, again, restarts = fields(vm, "desired", "next_retry_at_ms", "restarts")
    assert (desired, restarts) == ("running", 0)
    assert again <= now_ms()


def test_a_launch_broken_off_is_no_crash() -> None:
    asked = make_vm(actual="starting", generation=2)
    automatic = make_vm(actual="starting")
    for vm in (asked, automatic):
        observe.seen(vm.pk, off())
    assert fields(asked, "actual", "next_retry_at_ms", "restarts") == ("off", None, 0)
    assert fields(automatic, "actual", "restarts") == ("off", 0)
    assert fields(automatic, "next_retry_at_ms")[0] <= now_ms()
    assert events(asked) == events(automatic) == []


def test_a_launch_that_was_overtaken_does_not_begin() -> None:
    vm = make_vm(desired="stopped", generation=3)
    observe.launching(vm.pk, 2, "booting")
    assert fields(vm, "actual", "revision") == ("off", 1)


def test_a_launch_tells_nothing_of_the_last_run() -> None:
    vm = make_vm(boot_error="x", exit_reason="killed", exit_code=1, exited_at_ms=1, shutdown_progress="y")
    observe.launching(vm.pk, 1, "booting")
    story = ("boot_error", "exit_reason", "exit_code", "exited_at_ms", "shutdown_progress")
    assert fields(vm, *story) == ("", "", None, None, "")


def test_an_asked_for_launch_that_is_refused_is_answered_and_not_repeated() -> None:
    vm = make_vm(actual="starting", generation=2)
    observe.refused(vm.pk, 2, "no room")
    answer = ("observed_generation", "outcome_code", "outcome_message", "next_retry_at_ms", "boot_error")
    assert fields(vm, *answer) == (2, 409, "no room", None, "no room")


def test_an_automatic_launch_that_is_refused_is_tried_again_later() -> None:
    vm = make_vm(actual="starting")
    observe.refused(vm.pk, 1, "no room")
    again, code = fields(vm, "next_retry_at_ms", "outcome_code")
    assert again > now_ms()
    assert code == 0


def test_a_refused_launch_stays_refused_when_its_directory_is_written_afterwards() -> None:
    vm = make_vm(actual="starting", generation=2, prepared=False)
    refused = observe.refused(vm.pk, 2, "no room")
    assert refused is not None
    observe.prepared(vm.pk, refused.generation, refused.revision)
    assert fields(vm, "prepared", "outcome_code", "outcome_message") == (True, 409, "no room")


@pytest.mark.parametrize(
    "state, settled",
    [
        ({"desired": "stopped", "actual": "off"}, 2),
        ({"desired": "stopped", "actual": "on"}, 1),
        ({"desired": "running", "actual": "off"}, 1),
    ],
)
def test_a_directory_is_all_that_a_stopped_vm_needs(state: dict[str, str], settled: int) -> None:
    vm = make_vm(prepared=False, generation=2, observed_generation=1, **state)
    observe.prepared(vm.pk, 2, vm.revision)
    assert fields(vm, "prepared", "observed_generation") == (True, settled)


def test_an_answer_is_given_once() -> None:
    vm = make_vm(generation=2)
    observe.settled(vm.pk, 2, 409, "no")
    observe.settled(vm.pk, 2)
    observe.launched(vm.pk, 2, ON, 1)
    assert fields(vm, "outcome_code", "outcome_message") == (409, "no")


def test_a_directory_of_an_older_configuration_is_not_the_present_one() -> None:
    vm = make_vm(prepared=False, revision=5)
    observe.prepared(vm.pk, 1, 4)
    assert fields(vm, "prepared", "revision") == (False, 5)


def test_a_launch_of_an_older_configuration_leaves_the_newer_to_be_written() -> None:
    vm = make_vm(prepared=False, revision=5)
    observe.launched(vm.pk, 1, ON, 4)
    assert fields(vm, "actual", "prepared") == ("on", False)


def test_a_shutdown_that_nobody_hears_leaves_the_vm_as_it_was() -> None:
    vm = make_vm(actual="on", desired="stopped", stop_mode="graceful", generation=2, shutdown_requested=True)
    observe.shutdown_failed(vm.pk, 2, 502, "nobody answers")
    assert fields(vm, "desired", "shutdown_requested", "outcome_code") == ("running", False, 502)


def test_a_shutdown_that_was_accepted_stands_though_nobody_hears_it_again() -> None:
    vm = make_vm(actual="on", desired="stopped", stop_mode="graceful", shutdown_requested=True)
    observe.shutdown_failed(vm.pk, 1, 502, "nobody answers")
    assert fields(vm, "desired", "shutdown_requested", "outcome_code") == ("stopped", True, 0)
    assert events(vm) == []


def test_only_what_is_to_be_absent_is_gone() -> None:
    running, absent = make_vm(), make_vm(desired="absent")
    observe.gone(running.pk)
    observe.gone(absent.pk)
    observe.gone(absent.pk)
    assert list(Vm.objects.values_list("pk", flat=True)) == [running.pk]


def test_a_forced_stop_is_not_softened_by_a_shutdown() -> None:
    vm = with_live_worker(make_vm(actual="on"))
    stopping = vms.stop(vm.pk)
    joined = vms.shutdown(vm.pk)
    assert (joined.stop_mode, joined.generation) == (StopMode.FORCED, stopping.generation)


def test_a_shutdown_may_become_a_stop() -> None:
    vm = with_live_worker(make_vm(actual="on"))
    vms.shutdown(vm.pk)
    stopped = vms.stop(vm.pk)
    assert (stopped.stop_mode, stopped.generation) == (StopMode.FORCED, 3)


def test_a_create_that_failed_is_taken_back() -> None:
    vm = make_vm()
    assert vms.take_back(vm.pk, 1)
    assert fields(vm, "desired") == (Desired.ABSENT,)


def test_a_create_that_failed_is_not_taken_back_once_somebody_asked_for_more() -> None:
    vm = make_vm(generation=2)
    assert not vms.take_back(vm.pk, 1)
    assert fields(vm, "desired") == (Desired.RUNNING,)


def test_a_vm_that_is_being_removed_takes_no_other_verb() -> None:
    vm = with_live_worker(make_vm(actual="on"))
    vms.remove(vm.pk)
    for verb in (vms.start, vms.stop, vms.shutdown):
        with pytest.raises(Conflict, match="being removed"):
            verb(vm.pk)
