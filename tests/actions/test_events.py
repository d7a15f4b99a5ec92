"""What a guest says: hostile, bounded, and taken over exactly once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.rows import make_vm
from vms.actions.events import GuestEvent, guest_said, record_event
from vms.actions.retention import kept
from vms.models import Event, Vm

pytestmark = pytest.mark.django_db


def say(vm: Vm, *said: tuple[str, str]) -> Vm:
    """The guest says that; the row afterwards."""
    vm.refresh_from_db()
    begin = vm.events_offset
    guest_said(vm.pk, [GuestEvent(*one) for one in said], begin, begin + 1)
    vm.refresh_from_db()
    return vm


def bodies(vm: Vm) -> list[str]:
    return list(Event.objects.filter(vm=vm).order_by("id").values_list("body", flat=True))


def test_progress_and_errors_are_shown() -> None:
    vm = say(make_vm(), ("boot.progress", "mounting"), ("boot.error", "no disk"), ("boot.progress", "done"))
    assert (vm.boot_progress, vm.boot_error) == ("done", "no disk")


def test_what_has_no_meaning_is_kept_and_does_nothing() -> None:
    before = make_vm()
    after = say(before, ("desired", "absent"), ("x" * 1000, "y"))
    assert (after.desired, after.boot_progress) == ("running", "")
    assert Event.objects.filter(vm=after).count() == 2


def test_a_guest_that_powers_off_is_left_to_end_by_itself_and_not_started_again() -> None:
    vm = say(make_vm(actual="on"), ("shutdown.progress", "powering off"))
    assert (vm.desired, vm.stop_mode, vm.shutdown_progress) == ("stopped", "graceful", "powering off")


def test_other_progress_of_a_shutdown_decides_nothing() -> None:
    vm = say(make_vm(actual="on"), ("shutdown.progress", "stopping containers"))
    assert (vm.desired, vm.shutdown_progress) == ("running", "stopping containers")


def test_powering_off_after_a_request_leaves_what_was_asked_for() -> None:
    vm = say(make_vm(actual="on", shutdown_requested=True), ("shutdown.progress", "powering off"))
    assert vm.desired == "running"


def test_powering_off_does_not_bring_back_what_is_being_removed() -> None:
    vm = say(make_vm(actual="on", desired="absent"), ("shutdown.progress", "powering off"))
    assert vm.desired == "absent"


@pytest.mark.parametrize(
    "info, taken",
    [
        ({"instance_id": "AB12", "instance_id_seed": "cd"}, ("ab12", "cd")),
        ({"instance_id": "ab", "app_id": "ff" * 20}, ("ab", "")),
        ({"instance_id": "../../etc"}, ("", "")),
        ({"instance_id": "abc"}, ("", "")),
        ({"instance_id": "ab\n"}, ("", "")),
        ({"instance_id": "ab" * 65}, ("", "")),
        ({"instance_id": ["ab"]}, ("", "")),
        ({"instance_id": 7}, ("", "")),
        (["ab"], ("", "")),
    ],
)
def test_of_an_instance_s_info_only_hex_ids_are_taken(info: Any, taken: tuple[str, str]) -> None:
    before = make_vm()
    vm = say(before, ("instance.info", orjson.dumps(info).decode()))
    assert (vm.instance_id, vm.instance_id_seed) == taken
    assert vm.app_id == before.app_id


@pytest.mark.parametrize("payload", ["", "{", "null", "[" * 100_000])
def test_instance_info_that_is_no_json_is_only_an_event(payload: str) -> None:
    assert say(make_vm(), ("instance.info", payload)).instance_id == ""


def test_what_can_t_be_printed_is_replaced() -> None:
    vm = say(make_vm(), ("boot.progress", "a\x00b\x1b[31m\x9b2J\x7f\ud800\u202ec\td"))
    assert vm.boot_progress == "a�b�[31m�2J���c\td"
    assert bodies(vm) == [vm.boot_progress]


def test_lengths_are_bounded() -> None:
    vm = say(make_vm(), ("e" * 999, ""), ("boot.progress", "é" * 9999), ("boot.error", "x" * 99_999))
    assert (len(vm.boot_progress), len(vm.boot_error)) == (256, 4096)
    assert max(map(len, bodies(vm))) == 4096
    assert max(map(len, Event.objects.values_list("event", flat=True))) == 128


def test_the_newest_events_are_kept() -> None:
    vm = make_vm()
    other = make_vm()
    record_event(other, "host.started", "stays")
    say(vm, *(("e", str(number)) for number in range(300)))
    say(vm, *(("e", str(number)) for number in range(300, 700)))
    assert bodies(vm) == [str(number) for number in range(200, 700)]
    assert bodies(other) == ["stays"]


def test_what_the_host_saw_is_bounded_too() -> None:
    vm = make_vm()
    say(vm, *(("e", str(number)) for number in range(kept())))
    record_event(vm, "host.started", "newest")
    assert bodies(vm) == [*(str(number) for number in range(1, kept())), "newest"]


def test_of_very_many_words_at_once_the_first_count_as_well() -> None:
    many = [("e", "")] * 2000
    assert say(make_vm(), ("instance.info", '{"instance_id":"ab"}'), *many).instance_id == "ab"


def test_a_piece_that_was_taken_over_is_not_again() -> None:
    vm = make_vm()
    said = [GuestEvent("e", "once")]
    for _ in range(3):
        guest_said(vm.pk, said, 0, 20)
    guest_said(vm.pk, said, 10, 30)
    vm.refresh_from_db()
    assert (bodies(vm), vm.events_offset) == (["once"], 20)
