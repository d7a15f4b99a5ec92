"""One serial queue for each VM that has something to do; VMs don't wait for each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from vms import telemetry

_log = logging.getLogger(__name__)
FIRST_BACKOFF_S = 1.0
MAX_BACKOFF_S = 30.0


class Lane:
    """One VM's queue of length one: many wakes before it looks are one look.

    ``closing`` asks the work to begin nothing more; a wake comes with it.
    """

    def __init__(self, vm_id: str) -> None:
        self.vm_id = vm_id
        self.woken = asyncio.Event()
        self.woken_at = 0.0
        self.closing = False
        self.failed = False
        self.task: asyncio.Task[None] | None = None


Work = Callable[[Lane], Awaitable[float | None]]
"""Does all there is to do for a VM; returns in how many seconds to look again, None for never."""


class Lanes:
    """Runs ``work`` for whoever is woken, never twice at once for the same VM.

    Work that raises is logged and tried again with growing pauses: an error of one VM
    costs no other anything.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lanes: dict[str, Lane] = {}
        self._open = True

    def wake(self, vm_id: str) -> None:
        """Have that VM looked at. On the event loop; returns at once."""
        if not self._open:
            return
        lane = self._lanes.get(vm_id)
        if lane is None:
            lane = self._lanes[vm_id] = Lane(vm_id)
            lane.task = asyncio.create_task(self._run(lane), name=f"lane {vm_id}")
        if not lane.woken.is_set():
            lane.woken_at = asyncio.get_running_loop().time()
        lane.woken.set()

    def nudge(self, vm_id: str) -> None:
        """Like :meth:`wake`, on a mere suspicion: what just failed keeps its pause."""
        lane = self._lanes.get(vm_id)
        if lane is None or not lane.failed:
            self.wake(vm_id)

    def is_working_on(self, vm_id: str) -> bool:
        """Whether somebody woke that VM and it has not come to rest."""
        return vm_id in self._lanes

    def __len__(self) -> int:
        return len(self._lanes)

    async def close(self, timeout_s: float) -> None:
        """Begin nothing new; let what is being done come to its end, for so long."""
        self._open = False
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for lane in self._lanes.values():
            lane.closing = True
            lane.woken.set()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, lane: Lane) -> None:
        backoff = FIRST_BACKOFF_S
        pause: float | None = 0.0
        telemetry.LANES.inc()
        try:
            while True:
                woken = await _woken_within(lane.woken, pause)
                if not self._open or (pause is None and not woken):
                    return
                if woken:
                    telemetry.LANE_WAIT.observe(asyncio.get_running_loop().time() - lane.woken_at)
                lane.woken.clear()
                try:
                    pause = await self._work(lane)
                    backoff, lane.failed = FIRST_BACKOFF_S, False
                except Exception:
                    telemetry.LANE_FAILURES.inc()
                    _log.exception("VM %s could not be worked on; again in %g s", lane.vm_id, backoff)
                    pause, backoff, lane.failed = backoff, min(backoff * 2, MAX_BACKOFF_S), True
        finally:
            telemetry.LANES.dec()
            if self._lanes.get(lane.vm_id) is lane:
                del self._lanes[lane.vm_id]


async def _woken_within(woken: asyncio.Event, pause: float | None) -> bool:
    """Wait for a wake; ``pause`` 0 or None doesn't wait at all."""
    if woken.is_set() or not pause:
        return woken.is_set()
    try:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the wake.
        async with asyncio.timeout(pause):
            await woken.wait()
    except TimeoutError:
        return False
    return True
