"""A hundred guests that flood at once: others write to the database as if few did, and no disk fills."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.actions import events, retention
from vms.actions.change import change
from vms.database import in_database
from vms.guest import event_file
from vms.hypervisor.fake import FakeDriver
from vms.models import Event, Vm
from vms.worker import event_tail
from vms.worker.event_tail import EventTail
from vms.worker.guest_writes import GuestWrites

pytestmark = pytest.mark.django_db(transaction=True)
GUESTS = 100
MAX_SIZE = 256 << 10
LINES = b'{"event":"boot.progress","payload":"%s"}\n' % (b"x" * 100) * 150
"""What each guest says between two looks."""
PIECES = 30
"""How many pieces of theirs are taken over while the others write."""


@pytest.fixture
def tail(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EventTail:
    monkeypatch.setattr(event_tail, "POLL_AGAIN_S", 0.01)
    for module in (event_file, event_tail):
        monkeypatch.setattr(module, "MAX_SIZE", MAX_SIZE)
    return EventTail(FakeDriver(tmp_path), make_node().pk, GuestWrites())


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of which VM a piece was taken over, in order; what takes it over is the real thing."""
    taken: list[str] = []
    really = events.guest_said

    def counting(vm_id: str, *args: object) -> Vm | None:
        taken.append(vm_id)
        return really(vm_id, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "guest_said", counting)
    return taken


def running_vm(run_path: Path) -> Path:
    """The event file of a new VM that runs."""
    file = run_path / make_vm(actual="on").pk / "events.jsonl"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


@contextmanager
def changing(vm_id: str) -> Iterator[list[int]]:
    """Meanwhile a request thread changes a VM's row, again and again; grows with each time."""
    done: list[int] = []
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            change(vm_id, lambda vm: {"user_config": str(len(done))})
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


async def test_others_write_more_often_than_all_that_flood_and_what_is_kept_is_bounded(
    tail: EventTail, tmp_path: Path, pieces: list[str]
) -> None:
    loud = await in_database(lambda: [running_vm(tmp_path) for _ in range(GUESTS)])
    quiet = await in_database(running_vm, tmp_path)
    listening = asyncio.create_task(tail.run())
    with changing(quiet.parent.name) as changes:
        while len(pieces) < PIECES:
            for file in loud:
                with file.open("ab") as said:
                    said.write(LINES)
            await asyncio.sleep(0.05)
        assert len(changes) > len(pieces)
    quiet.write_bytes(b'{"event":"boot.progress","payload":"done"}\n')
    heard_after = len(pieces)
    await eventually(lambda: quiet.parent.name in pieces, timeout_s=30)
    assert pieces.index(quiet.parent.name) - heard_after <= 2 * event_tail.MAX_GUESTS
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert max(file.stat().st_size for file in loud) <= MAX_SIZE + len(LINES) * 10
    assert await in_database(Event.objects.count) <= GUESTS * retention.kept()
    assert len(set(pieces)) > PIECES // 2, "they were heard by turns"
