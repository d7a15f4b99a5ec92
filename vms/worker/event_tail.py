"""Following the event files of all running VMs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from vms import faults
from vms.actions import events
from vms.actions.events import GuestEvent
from vms.database import in_database
from vms.guest.event_file import MAX_SIZE, empty_if_large, read_events, size_of
from vms.hypervisor.base import Driver
from vms.hypervisor.rundir import RunDir
from vms.models import Vm
from vms.selectors import work
from vms.worker.guest_writes import GuestWrites

Write = Callable[..., Awaitable[Vm | None]]
"""Runs a function that writes, on the database's thread."""
POLL_S, POLL_AGAIN_S = 0.25, 0.1
"""Between two looks at who said something, and where somebody still waits to be heard."""
MAX_GUESTS = 4
"""So many guests are listened to between two such looks: who says least, first."""
SHORT_EVENT = 64
"""Bytes; so long an event counts as one before it is read."""
FADES = 0.98
"""What a guest said counts by so much less with each such look."""
MAX_EVENTS = 100
"""So many events of one guest are taken over at a time: others write in between."""
MAX_LAST_PIECES = 64
"""So many pieces are read of what a guest said before it ended."""
_log = logging.getLogger(__name__)


class EventTail:
    """Reads what guests say, a bounded piece at a time and never two pieces of one VM at once.

    However many guests flood, one that says little is heard next.
    """

    def __init__(self, driver: Driver, node_id: int, writes: GuestWrites) -> None:
        self._driver = driver
        self._node_id = node_id
        self._writes = writes
        self._locks: dict[str, asyncio.Lock] = {}
        self._said_lately: dict[str, float] = {}

    async def run(self) -> None:
        """Look at every running VM's file again and again; ends by being cancelled."""
        while True:
            all_heard = True
            try:
                all_heard = await self._read_all()
            except Exception:
                _log.exception("guests' events could not be read; again in %g s", POLL_S)
            await asyncio.sleep(POLL_S if all_heard else POLL_AGAIN_S)

    async def _read_all(self) -> bool:
        """Listen to a few of those who said something; whether it was all of them."""
        offsets = await in_database(work.event_offsets, self._node_id)
        self._forget(offsets)
        unread = {vm_id: size for vm_id, offset in offsets.items() if (size := self._unread(vm_id, offset))}
        talking = sorted(unread, key=lambda vm_id: self._much(vm_id, unread[vm_id]))
        for vm_id in talking[:MAX_GUESTS]:
            # Also of who said nothing whole: nobody may hold a place with half a line.
            self._said_lately[vm_id] = self._said_lately.get(vm_id, 0) + 1
            try:
                await self.read(vm_id)
            except Exception:
                _log.exception("events of VM %s could not be read", vm_id)
        for vm_id in talking[MAX_GUESTS:]:
            self._bound(vm_id, offsets[vm_id])
        return len(talking) <= MAX_GUESTS

    def _much(self, vm_id: str, unread: int) -> float:
        """How many events a guest said lately, with those that it would say now."""
        return self._said_lately.get(vm_id, 0) + min(unread / SHORT_EVENT, MAX_EVENTS)

    async def read(self, vm_id: str) -> None:
        """Take over a piece of what the guest said since the last time, when it is guests' turn to write."""
        async with self._lock_of(vm_id):
            await self._read_piece(vm_id, self._writes.write, MAX_EVENTS)

    async def read_to_the_end(self, vm_id: str) -> None:
        """Take over (nearly) all that a guest said before it ended, at once."""
        async with self._lock_of(vm_id):
            for _ in range(MAX_LAST_PIECES):
                if not await self._read_piece(vm_id, in_database):
                    return

    async def _read_piece(self, vm_id: str, write: Write, most: int | None = None) -> bool:
        path = self._path(vm_id)
        begin = await in_database(work.events_offset, vm_id)
        if begin is None:
            return False
        piece = await asyncio.to_thread(read_events, path, begin, most)
        if piece.offset == begin:
            return False
        said = [GuestEvent(event.event, event.payload) for event in piece.events]
        self._said_lately[vm_id] = self._said_lately.get(vm_id, 0) + len(said)
        faults.point("events.read")
        await write(events.guest_said, vm_id, said, begin, piece.offset, piece.lost)
        faults.point("events.written")
        # Only now: what is not in the database yet must stay in the file.
        following = await asyncio.to_thread(empty_if_large, path, piece.offset)
        faults.point("events.emptied")
        if following != piece.offset:
            await write(events.guest_said, vm_id, [], piece.offset, following)
        return True

    def _bound(self, vm_id: str, offset: int) -> None:
        """Empty the file of a guest that floods while many do. Its next read sees that it was begun anew."""
        path = self._path(vm_id)
        if (size_of(path) or 0) > MAX_SIZE:
            empty_if_large(path, offset)

    def _forget(self, running: Collection[str]) -> None:
        """Let what was said count less, and nothing stay of VMs that don't run."""
        for gone in self._locks.keys() - running:
            if not self._locks[gone].locked():
                del self._locks[gone]
        faded = {vm_id: said * FADES for vm_id, said in self._said_lately.items() if vm_id in running}
        self._said_lately = {vm_id: said for vm_id, said in faded.items() if said > 0.1}

    def _lock_of(self, vm_id: str) -> asyncio.Lock:
        return self._locks.setdefault(vm_id, asyncio.Lock())

    def _path(self, vm_id: str) -> Path:
        return RunDir(self._driver.directory(vm_id)).events

    def _unread(self, vm_id: str, offset: int) -> int:
        """Bytes in the event file that were not read; all of them where it was begun anew."""
        size = size_of(self._path(vm_id))
        if size is None or size == offset:
            return 0
        return size - offset if size > offset else max(size, 1)
