"""Following event files: each word once, and no guest costs another anything."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.actions import events
from vms.database import in_database
from vms.guest import event_file
from vms.hypervisor.fake import FakeDriver
from vms.models import Event, Vm
from vms.worker import event_tail
from vms.worker.event_tail import EventTail
from vms.worker.guest_writes import GuestWrites

pytestmark = pytest.mark.django_db(transaction=True)


class Guest:
    """A running VM that talks."""

    def __init__(self, vm: Vm, run_path: Path) -> None:
        self.vm = vm
        self.file = run_path / vm.pk / "events.jsonl"
        self.file.parent.mkdir(parents=True)
        self.file.touch()

    def say(self, *payloads: str) -> None:
        with self.file.open("a") as file:
            file.writelines(json.dumps({"event": "e", "payload": payload}) + "\n" for payload in payloads)

    async def heard(self) -> list[str]:
        return await in_database(
            lambda: list(Event.objects.filter(vm=self.vm).order_by("id").values_list("body", flat=True))
        )

    async def offset(self) -> int:
        await in_database(self.vm.refresh_from_db)
        return self.vm.events_offset


async def guest(run_path: Path) -> Guest:
    return Guest(await in_database(lambda: make_vm(actual="on")), run_path)


@pytest.fixture
def tail(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EventTail:
    monkeypatch.setattr(event_tail, "POLL_S", 0.01)
    return EventTail(FakeDriver(tmp_path), make_node().pk, GuestWrites())


async def test_many_readers_at_once_take_each_word_over_once(tail: EventTail, tmp_path: Path) -> None:
    talker = await guest(tmp_path)
    talker.say(*(str(number) for number in range(50)))
    await asyncio.gather(*(tail.read(talker.vm.pk) for _ in range(10)))
    assert await talker.heard() == [str(number) for number in range(50)]


async def test_a_restarted_reader_goes_on_where_the_last_one_ended(tail: EventTail, tmp_path: Path) -> None:
    talker = await guest(tmp_path)
    talker.say("1")
    await tail.read(talker.vm.pk)
    talker.say("2")
    await EventTail(FakeDriver(tmp_path), talker.vm.node_id, GuestWrites()).read(talker.vm.pk)
    assert await talker.heard() == ["1", "2"]


async def test_a_file_is_emptied_only_after_its_words_are_kept(
    tail: EventTail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "MAX_FILE", 10)
    talker = await guest(tmp_path)
    talker.say("kept")

    def failing(*args: Any) -> None:
        raise RuntimeError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(events, "guest_said", failing)
        with pytest.raises(RuntimeError):
            await tail.read(talker.vm.pk)
    assert talker.file.stat().st_size > 0
    await tail.read(talker.vm.pk)
    talker.say("after")
    await tail.read(talker.vm.pk)
    assert await talker.heard() == ["kept", "after"]
    assert (await talker.offset(), talker.file.stat().st_size) == (0, 0)


async def test_a_server_killed_between_emptying_and_writing_it_down_reads_on(
    tail: EventTail, tmp_path: Path
) -> None:
    talker = await guest(tmp_path)
    talker.say("a long word that was read")
    await tail.read(talker.vm.pk)
    talker.file.write_text("")
    talker.say("new")
    await tail.read(talker.vm.pk)
    assert await talker.heard() == ["a long word that was read", "new"]


async def test_a_guest_whose_file_can_t_be_read_costs_no_other_anything(
    tail: EventTail, tmp_path: Path
) -> None:
    broken, sound = await guest(tmp_path), await guest(tmp_path)
    broken.file.unlink()
    broken.file.mkdir()
    sound.say("heard")
    running = asyncio.create_task(tail.run())

    async def is_heard() -> bool:
        return await sound.heard() == ["heard"]

    await eventually(is_heard)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_turn_reads_one_piece_of_each(
    tail: EventTail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "MAX_READ", 100)
    loud, quiet = await guest(tmp_path), await guest(tmp_path)
    loud.say(*("x" * 20 for _ in range(20)))
    quiet.say("short")
    await tail._read_all()
    assert len(await loud.heard()) < 20
    assert await quiet.heard() == ["short"]


async def test_what_ended_is_read_to_the_end(
    tail: EventTail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "MAX_READ", 100)
    talker = await guest(tmp_path)
    talker.say(*(str(number) for number in range(40)))
    await tail.read_to_the_end(talker.vm.pk)
    assert await talker.heard() == [str(number) for number in range(40)]


async def test_a_quiet_guest_is_heard_in_the_turn_after_it_spoke_though_a_hundred_flood(
    tail: EventTail, tmp_path: Path
) -> None:
    loud = [await guest(tmp_path) for _ in range(100)]
    quiet = await guest(tmp_path)
    for one in loud:
        one.say(*("x" * 200 for _ in range(1000)))
    for _ in range(-(-len(loud) // event_tail.MAX_GUESTS)):
        await tail._read_all()
    for word in ("booting", "mounting", "done"):
        quiet.say(word)
        await tail._read_all()
        assert (await quiet.heard())[-1] == word
    assert all([await one.offset() > 0 for one in loud])


async def test_guests_that_end_no_line_keep_nobody_from_being_heard(tail: EventTail, tmp_path: Path) -> None:
    silent = [await guest(tmp_path) for _ in range(2 * event_tail.MAX_GUESTS)]
    for one in silent:
        one.file.write_bytes(b"x")
    talker = await guest(tmp_path)
    talker.say("heard")
    for _ in range(3):
        await tail._read_all()
    assert await talker.heard() == ["heard"]


async def test_one_turn_takes_over_a_bounded_number_of_events_and_none_is_lost(
    tail: EventTail, tmp_path: Path
) -> None:
    talker = await guest(tmp_path)
    said = [str(number) for number in range(2 * event_tail.MAX_EVENTS + 50)]
    talker.say(*said)
    await tail._read_all()
    assert await talker.heard() == said[: event_tail.MAX_EVENTS]
    await tail._read_all()
    await tail._read_all()
    assert await talker.heard() == said


async def test_who_is_not_listened_to_for_all_the_others_fills_no_disk_and_is_heard_later(
    tail: EventTail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_tail, "MAX_GUESTS", 1)
    for module in (event_file, event_tail):
        monkeypatch.setattr(module, "MAX_SIZE", 1000)
    first, second = [await guest(tmp_path) for _ in range(2)]
    first.say("x")
    second.say(*("y" * 100 for _ in range(20)))
    await tail._read_all()
    assert (await first.heard(), await second.heard()) == (["x"], [])
    assert second.file.stat().st_size == 0
    second.say("heard")
    await tail._read_all()
    assert await second.heard() == ["heard"]


async def test_a_guest_that_is_far_ahead_is_told_what_of_it_was_lost(tail: EventTail, tmp_path: Path) -> None:
    talker = await guest(tmp_path)
    talker.say(*("x" * 10_000 for _ in range(130)), "newest")
    size = talker.file.stat().st_size
    await tail._read_all()
    *_, newest, lost = await talker.heard()
    assert newest == "newest"
    assert lost.startswith(f"{size - event_file.MAX_READ} bytes of events")
    assert await talker.offset() == size


async def test_vms_that_are_gone_leave_nothing_behind(tail: EventTail, tmp_path: Path) -> None:
    talker = await guest(tmp_path)
    vm_id = talker.vm.pk
    await tail.read(vm_id)
    await in_database(talker.vm.delete)
    await tail.read(vm_id)
    await tail._read_all()
    assert (tail._locks, tail._said_lately) == ({}, {})
