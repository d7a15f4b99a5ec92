"""A guest that gets nowhere: said once, taken back when it moves on, and never said too early."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.test_events import say
from tests.rows import make_node, make_vm
from vms.actions import stalls
from vms.conf import conf
from vms.database import now_ms
from vms.models import Event, Vm

pytestmark = pytest.mark.django_db
LONG_AGO_MS = 301_000


def quiet(vm: Vm) -> Vm:
    """It said its last word long ago."""
    Event.objects.filter(vm=vm).update(timestamp_ms=now_ms() - LONG_AGO_MS)
    return vm


def booting(**changed: Any) -> Vm:
    vm = make_vm(actual="on", started_at_ms=now_ms() - 2 * LONG_AGO_MS, **changed)
    return quiet(say(vm, ("boot.progress", "pulling images")))


def ending(**changed: Any) -> Vm:
    graceful = {"desired": "stopped", "stop_mode": "graceful", "shutdown_requested": True} | changed
    vm = make_vm(actual="on", boot_progress="done", **graceful)
    return quiet(say(vm, ("shutdown.progress", "stopping containers")))


def look(vm: Vm, listening_since_ms: int = 0) -> Vm:
    stalls.notice(vm.node_id, listening_since_ms)
    vm.refresh_from_db()
    return vm


def told(vm: Vm) -> list[str]:
    return list(Event.objects.filter(vm=vm, event="host.stalled").values_list("body", flat=True))


def test_a_boot_that_stands_still_is_said_once() -> None:
    vm = booting()
    words = "stalled: nothing new for 300 s; the last was: pulling images"
    assert look(vm).boot_error == words
    quiet(vm)
    revision = look(vm).revision
    assert look(vm).revision == revision
    assert told(vm) == [words]
    assert vm.boot_progress == "pulling images"


def test_it_is_taken_back_when_the_guest_moves_on_and_said_again_when_it_stalls_again() -> None:
    vm = look(booting())
    assert say(vm, ("boot.progress", "starting containers")).boot_error == ""
    assert look(vm).boot_error == ""
    quiet(vm)
    assert look(vm).boot_error.endswith("starting containers")
    assert len(told(vm)) == 2


def test_an_error_of_the_guest_s_own_stands_when_it_moves_on() -> None:
    vm = look(booting())
    assert say(vm, ("boot.error", "no disk"), ("boot.progress", "retrying")).boot_error == "no disk"
    assert say(vm, ("boot.progress", "once more")).boot_error == "no disk"


def test_other_words_take_nothing_back() -> None:
    vm = look(booting())
    assert say(vm, ("chatter", "la la")).boot_error.startswith("stalled: ")


def test_a_shutdown_that_stands_still_is_said_once_and_forgotten_when_it_moves_on() -> None:
    vm = ending()
    words = "stalled: nothing new for 300 s; StopVm ends it. The last was: stopping containers"
    assert look(vm).shutdown_progress == words
    quiet(vm)
    assert told(look(vm)) == [words]
    assert say(vm, ("shutdown.progress", "unmounting")).shutdown_progress == "unmounting"
    assert vm.boot_error == ""


def test_a_shutdown_s_long_words_are_cut_to_their_column() -> None:
    vm = quiet(say(ending(), ("shutdown.progress", "x" * 256)))
    assert len(look(vm).shutdown_progress) == 256


@pytest.mark.parametrize(
    "changed",
    [
        {"boot_progress": "done"},
        {"boot_progress": "N/A"},
        {"boot_progress": ""},
        {"boot_error": "no disk"},
        {"actual": "starting"},
        {"actual": "unknown"},
        {"actual": "off"},
        {"desired": "absent"},
        {"desired": "stopped", "stop_mode": "forced"},
        {"desired": "stopped", "stop_mode": "graceful"},
    ],
)
def test_who_neither_boots_nor_shuts_down_is_not_stalled(changed: dict[str, Any]) -> None:
    vm = booting()
    Vm.objects.filter(pk=vm.pk).update(**changed)
    before = (changed.get("boot_error", ""), "")
    assert (look(vm).boot_error, vm.shutdown_progress) == before
    assert told(vm) == []


def test_one_that_spoke_is_not_silent_yet() -> None:
    vm = say(booting(), ("boot.progress", "still pulling"))
    assert look(vm).boot_error == ""


def test_one_that_never_spoke_is_silent_since_it_was_started() -> None:
    old = make_vm(actual="on", boot_progress="booting", started_at_ms=now_ms() - LONG_AGO_MS)
    young = make_vm(actual="on", boot_progress="booting", started_at_ms=now_ms())
    assert look(old).boot_error.startswith("stalled: ")
    assert look(young).boot_error == ""


def test_who_just_began_to_listen_calls_nobody_silent() -> None:
    vm = booting()
    assert look(vm, listening_since_ms=now_ms() - LONG_AGO_MS + 5_000).boot_error == ""
    assert look(vm, listening_since_ms=now_ms() - LONG_AGO_MS).boot_error != ""


def test_vms_of_other_nodes_are_not_ours_to_judge() -> None:
    vm = booting(node=make_node("elsewhere"))
    stalls.notice(make_node().pk, 0)
    vm.refresh_from_db()
    assert vm.boot_error == ""


def test_the_operator_says_how_long_and_0_means_never(settings: Any) -> None:
    vm = booting()
    for stall_after, begins in ((0.0, ""), (400.0, ""), (200.0, "stalled: nothing new for 200 s")):
        cvm = conf().cvm.model_copy(update={"stall_after": stall_after})
        settings.VMM = conf().model_copy(update={"cvm": cvm})
        assert look(vm).boot_error[: len(begins)] == begins
        assert bool(vm.boot_error) == bool(begins)
