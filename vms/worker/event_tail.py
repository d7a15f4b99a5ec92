"""Following the event files of all running VMs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from vms.actions import events
from vms.actions.events import GuestEvent
from vms.database import in_database
from vms.guest.event_file import Piece, empty_if_large, read_events
from vms.hypervisor.base import Driver
from vms.hypervisor.rundir import RunDir
from vms.selectors import work

POLL_S = 0.25
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
            offsets = await in_database(work.event_offsets, self._node_id)
            for gone in self._locks.keys() - offsets.keys():
                if not self._locks[gone].locked():
                    del self._locks[gone]
            for vm_id, offset in offsets.items():
                if _has_news(self._path(vm_id), offset):
                    try:
                        await self.read(vm_id, offset)
                    except Exception:
                        _log.exception("events of VM %s could not be read", vm_id)
            await asyncio.sleep(POLL_S)

    async def read(self, vm_id: str, offset: int) -> None:
        """Take over what the guest said after byte ``offset``."""
        async with self._locks.setdefault(vm_id, asyncio.Lock()):
            path = self._path(vm_id)
            piece: Piece = await asyncio.to_thread(read_events, path, offset)
            if piece.offset == offset:
                return
            said = [GuestEvent(event.event, event.payload) for event in piece.events]
            following = await asyncio.to_thread(empty_if_large, path, piece.offset)
            await in_database(events.guest_said, vm_id, said, offset, following)

    def _path(self, vm_id: str) -> Path:
        return RunDir(self._driver.directory(vm_id)).events


def _has_news(path: Path, offset: int) -> bool:
    try:
        return path.stat().st_size != offset
    except FileNotFoundError:
        return offset != 0
