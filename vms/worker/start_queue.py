"""Boots take turns: eight at once take far longer each than two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from vms import telemetry
from vms.worker.lanes import Lane

BOOT_LOOK_S = 0.5
MAX_BOOT_S = 20.0
"""A slot is held no longer than this, for not every guest tells when it is up."""


class StartQueue:
    """At most ``width`` VMs boot at once; a slot is held until the guest is up."""

    def __init__(self, width: int, boot_is_over: Callable[[str], Awaitable[bool]]) -> None:
        self._slots = asyncio.Semaphore(width)
        self._boot_is_over = boot_is_over
        self._holders: dict[str, asyncio.Task[None]] = {}

    @property
    def is_full(self) -> bool:
        return self._slots.locked()

    async def enter(self, lane: Lane, is_wanted: Callable[[], Awaitable[bool]]) -> bool:
        """Wait for a slot. False, and none taken, once the lane closes or a wake finds it unwanted.

        Other wakes don't cost the place in the queue. A VM's boot is over if it is to be launched again.
        """
        if (before := self._holders.get(lane.vm_id)) is not None:
            before.cancel()
        slot = asyncio.create_task(self._slots.acquire())
        asked_at, entered = asyncio.get_running_loop().time(), False
        telemetry.STARTS_WAITING.inc()
        try:
            while not (entered := await _done_before(slot, lane.woken)):
                lane.woken.clear()
                if lane.closing or not await is_wanted():
                    break
        finally:
            telemetry.STARTS_WAITING.dec()
            if not entered:
                slot.cancel()
                await asyncio.gather(slot, return_exceptions=True)
                if not slot.cancelled():  # it came just now
                    self._slots.release()
        if entered:
            telemetry.STARTS_BOOTING.inc()
            telemetry.START_WAIT.observe(asyncio.get_running_loop().time() - asked_at)
        return entered

    def leave(self) -> None:
        """Give the slot back: the launch failed, or the guest is up."""
        telemetry.STARTS_BOOTING.dec()
        self._slots.release()

    def booting(self, vm_id: str) -> None:
        """The launch succeeded: the slot is given back once the guest is up."""
        task = asyncio.create_task(self._hold(vm_id), name=f"boot of {vm_id}")
        self._holders[vm_id] = task
        task.add_done_callback(partial(self._is_over, vm_id))

    async def close(self) -> None:
        holders = list(self._holders.values())
        for task in holders:
            task.cancel()
        await asyncio.gather(*holders, return_exceptions=True)

    async def _hold(self, vm_id: str) -> None:
        deadline = asyncio.get_running_loop().time() + MAX_BOOT_S
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(BOOT_LOOK_S)
            if await self._boot_is_over(vm_id):
                return

    def _is_over(self, vm_id: str, task: asyncio.Task[None]) -> None:
        """However it ended, even before it began: its slot is free."""
        self.leave()
        if self._holders.get(vm_id) is task:
            del self._holders[vm_id]


async def _done_before(task: asyncio.Task[Any], event: asyncio.Event) -> bool:
    """Wait for either; say whether the task is done."""
    happened = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task, happened}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        happened.cancel()
        await asyncio.gather(happened, return_exceptions=True)
    return task.done()
