"""Following the event files of all running VMs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from vms.actions import events
from vms.actions.events import GuestEvent
from vms.database import in_database
from vms.guest.event_file import Piece, empty_if_large, read_events, size_of
from vms.hypervisor.base import Driver
from vms.hypervisor.rundir import RunDir
from vms.selectors import work

POLL_S = 0.25
MAX_LAST_PIECES = 64
"""So many pieces are read of what a guest said before it ended."""
_log = logging.getLogger(__name__)


class EventTail:
    """Reads what guests say, a bounded piece at a time and never two pieces of one VM at once."""

    def __init__(self, driver: Driver, node_id: int) -> None:
        self._driver = driver
        self._node_id = node_id
        self._locks: dict[str, asyncio.Lock] = {}

    async def run(self) -> None:
        """Look at every running VM's file again and again; ends by being cancelled."""
        while True:
            try:
                await self._read_all()
            except Exception:
                _log.exception("guests' events could not be read; again in %g s", POLL_S)
            await asyncio.sleep(POLL_S)

    async def _read_all(self) -> None:
        offsets = await in_database(work.event_offsets, self._node_id)
        for gone in self._locks.keys() - offsets.keys():
            if not self._locks[gone].locked():
                del self._locks[gone]
        for vm_id, offset in offsets.items():
            if _has_news(self._path(vm_id), offset):
                try:
                    await self.read(vm_id)
                except Exception:
                    _log.exception("events of VM %s could not be read", vm_id)

    async def read(self, vm_id: str, *, to_the_end: bool = False) -> None:
        """Take over what the guest said since the last time: one piece, or (nearly) all."""
        async with self._locks.setdefault(vm_id, asyncio.Lock()):
            for _ in range(MAX_LAST_PIECES if to_the_end else 1):
                if not await self._read_piece(vm_id):
                    return

    async def _read_piece(self, vm_id: str) -> bool:
        path = self._path(vm_id)
        begin = await in_database(work.events_offset, vm_id)
        if begin is None:
            return False
        piece: Piece = await asyncio.to_thread(read_events, path, begin)
        if piece.offset == begin:
            return False
        said = [GuestEvent(event.event, event.payload) for event in piece.events]
        await in_database(events.guest_said, vm_id, said, begin, piece.offset)
        # Only now: what is not in the database yet must stay in the file.
        following = await asyncio.to_thread(empty_if_large, path, piece.offset)
        if following != piece.offset:
            await in_database(events.guest_said, vm_id, [], piece.offset, following)
        return True

    def _path(self, vm_id: str) -> Path:
        return RunDir(self._driver.directory(vm_id)).events


def _has_news(path: Path, offset: int) -> bool:
    size = size_of(path)
    return size is not None and size != offset
