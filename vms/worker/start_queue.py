"""Boots take turns: eight at once take far longer each than two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vms.worker.lanes import Lane

BOOT_LOOK_S = 0.5
MAX_BOOT_S = 20.0
"""A slot is held no longer than this, for not every guest tells when it is up."""


class StartQueue:
    """At most ``width`` VMs boot at once; a slot is held until the guest is up."""

    def __init__(self, width: int, boot_is_over: Callable[[str], Awaitable[bool]]) -> None:
        self._slots = asyncio.Semaphore(width)
        self._boot_is_over = boot_is_over
        self._holders: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        return self._slots.locked()

    async def enter(self, lane: Lane) -> bool:
        """Wait for a slot. False, and none taken, if the VM was woken meanwhile: look again first."""
        if not self._slots.locked():
            await self._slots.acquire()
            return True
        slot = asyncio.create_task(self._slots.acquire())
        woken = asyncio.create_task(lane.woken.wait())
        try:
            await asyncio.wait({slot, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            if not slot.done():
                slot.cancel()
            await asyncio.gather(slot, woken, return_exceptions=True)
        return not slot.cancelled()

    def leave(self) -> None:
        """Give the slot back: the launch failed."""
        self._slots.release()

    def booting(self, vm_id: str) -> None:
        """The launch succeeded: the slot is given back once the guest is up."""
        task = asyncio.create_task(self._hold(vm_id), name=f"boot of {vm_id}")
        self._holders.add(task)
        task.add_done_callback(self._holders.discard)

    async def close(self) -> None:
        for task in self._holders:
            task.cancel()
        await asyncio.gather(*self._holders, return_exceptions=True)

    async def _hold(self, vm_id: str) -> None:
        try:
            deadline = asyncio.get_running_loop().time() + MAX_BOOT_S
            while asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(BOOT_LOOK_S)
                if await self._boot_is_over(vm_id):
                    return
        finally:
            self._slots.release()
