"""Lanes: serial for one VM, parallel across VMs, and no wake is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from vms.worker import lanes as module
from vms.worker.lanes import Lane, Lanes


class Work:
    """Notes what is worked on; each piece of work waits until ``go`` allows it."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.go: dict[str, asyncio.Semaphore] = {}
        self.errors: list[Exception] = []
        self.pause: float | None = None

    async def __call__(self, lane: Lane) -> float | None:
        self.log.append(f"begin {lane.vm_id}")
        self.begun.put_nowait(lane.vm_id)
        await self.go.setdefault(lane.vm_id, asyncio.Semaphore(0)).acquire()
        self.log.append(f"end {lane.vm_id}")
        if self.errors:
            raise self.errors.pop(0)
        return self.pause

    def allow(self, vm_id: str, times: int = 1) -> None:
        for _ in range(times):
            self.go.setdefault(vm_id, asyncio.Semaphore(0)).release()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def lanes(work: Work) -> AsyncIterator[Lanes]:
    lanes = Lanes(work)
    async with asyncio.timeout(10):
        yield lanes
        await lanes.close(0)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until it is so."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 (turns of the loop are what is waited for)
            await asyncio.sleep(0)


async def test_one_vm_is_never_worked_on_twice_at_once(lanes: Lanes, work: Work) -> None:
    for _ in range(10):
        lanes.wake("a")
    await work.begun.get()
    for _ in range(10):
        lanes.wake("a")
    work.allow("a", 5)
    await until(lambda: len(lanes) == 0)
    assert work.log == ["begin a", "end a", "begin a", "end a"]


async def test_vms_don_t_wait_for_each_other(lanes: Lanes, work: Work) -> None:
    lanes.wake("a")
    lanes.wake("b")
    work.allow("b")
    await until(lambda: len(lanes) == 1)
    assert work.log == ["begin a", "begin b", "end b"]


async def test_a_wake_during_the_last_turn_is_not_lost(lanes: Lanes, work: Work) -> None:
    lanes.wake("a")
    await work.begun.get()
    work.allow("a")
    lanes.wake("a")
    await work.begun.get()
    assert work.log == ["begin a", "end a", "begin a"]


async def test_a_vm_with_nothing_to_do_costs_nothing(lanes: Lanes, work: Work) -> None:
    work.allow("a")
    lanes.wake("a")
    await until(lambda: work.log == ["begin a", "end a"] and len(lanes) == 0)


async def test_work_says_when_it_wants_to_look_again(lanes: Lanes, work: Work) -> None:
    work.pause = 0.01
    work.allow("a", 3)
    lanes.wake("a")
    await until(lambda: work.log.count("end a") == 3)


async def test_a_wake_ends_the_pause(lanes: Lanes, work: Work) -> None:
    work.pause = 1000
    work.allow("a", 2)
    lanes.wake("a")
    await until(lambda: work.log.count("end a") == 1)
    lanes.wake("a")
    await until(lambda: work.log.count("end a") == 2)


async def pauses_of(monkeypatch: pytest.MonkeyPatch, lanes: Lanes, work: Work, errors: int) -> list[float]:
    """How long is paused after so many failures in a row; the pauses themselves are skipped."""
    pauses: list[float] = []

    async def within(woken: asyncio.Event, pause: float | None) -> bool:
        if pause:
            pauses.append(pause)
        return woken.is_set()

    monkeypatch.setattr(module, "_woken_within", within)
    work.errors = [RuntimeError("trouble") for _ in range(errors)]
    work.allow("a", errors + 1)
    lanes.wake("a")
    await until(lambda: len(lanes) == 0)
    return pauses


async def test_errors_are_tried_again_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, lanes: Lanes, work: Work
) -> None:
    assert await pauses_of(monkeypatch, lanes, work, errors=7) == [1, 2, 4, 8, 16, 30, 30]


async def test_an_error_of_one_vm_costs_no_other_anything(lanes: Lanes, work: Work) -> None:
    work.errors = [RuntimeError("trouble")]
    lanes.wake("a")
    work.allow("a")
    await until(lambda: "end a" in work.log)
    lanes.wake("b")
    work.allow("b")
    await until(lambda: "end b" in work.log)


async def test_a_mere_suspicion_does_not_shorten_the_pause_after_an_error(lanes: Lanes, work: Work) -> None:
    work.errors = [RuntimeError("trouble")]
    work.allow("a", 2)
    lanes.nudge("a")
    await until(lambda: not work.errors)
    for _ in range(5):
        lanes.nudge("a")
        await asyncio.sleep(0)
    assert work.log == ["begin a", "end a"]
    lanes.wake("a")
    await until(lambda: len(lanes) == 0)
    assert work.log == ["begin a", "end a"] * 2


async def test_a_suspicion_ends_the_pause_of_what_merely_waits(lanes: Lanes, work: Work) -> None:
    work.pause = 1000
    work.allow("a", 2)
    lanes.nudge("a")
    await until(lambda: work.log.count("end a") == 1)
    lanes.nudge("a")
    await until(lambda: work.log.count("end a") == 2)


async def test_the_end_waits_for_what_is_being_done_and_begins_nothing(lanes: Lanes, work: Work) -> None:
    lanes.wake("a")
    await work.begun.get()
    lanes.wake("a")
    closing = asyncio.create_task(lanes.close(5))
    await asyncio.sleep(0)
    lanes.wake("b")
    work.allow("a", 2)
    await closing
    assert (work.log, len(lanes)) == (["begin a", "end a"], 0)


async def test_the_end_does_not_wait_longer_than_it_is_told(lanes: Lanes, work: Work) -> None:
    lanes.wake("a")
    await work.begun.get()
    await lanes.close(0.01)
    assert (work.log, len(lanes)) == (["begin a"], 0)


async def test_the_end_interrupts_a_pause(lanes: Lanes, work: Work) -> None:
    work.pause = 1000
    work.allow("a")
    lanes.wake("a")
    await until(lambda: "end a" in work.log)
    await lanes.close(5)
    assert len(lanes) == 0


async def test_work_is_told_that_its_lane_closes() -> None:
    seen: list[bool] = []
    begun = asyncio.Event()

    async def work(lane: Lane) -> None:
        begun.set()
        await lane.woken.wait()
        seen.append(lane.closing)

    lanes = Lanes(work)
    lanes.wake("a")
    await begun.wait()
    await lanes.close(5)
    assert seen == [True]
