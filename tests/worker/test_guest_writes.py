"""Guests' writes: one at a time, and the others' turn in between."""

from __future__ import annotations

import asyncio
import threading

import pytest

from vms.worker.guest_writes import GuestWrites

pytestmark = pytest.mark.django_db(transaction=True)


async def test_one_at_a_time_in_the_order_they_came() -> None:
    writes, running, order = GuestWrites(), threading.Semaphore(1), []

    def write(number: int) -> int:
        assert running.acquire(blocking=False), "two at once"
        order.append(number)
        running.release()
        return number

    assert await asyncio.gather(*(writes.write(write, number) for number in range(20))) == list(range(20))
    assert order == list(range(20))


async def test_after_each_the_others_have_twice_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted on a clock of the test's own: a write takes 5 s on it, and a pause what it is asked for."""
    loop, clock, pauses = asyncio.get_running_loop(), [0.0], []

    async def sleep(delay: float) -> None:
        pauses.append(delay)
        clock[0] += delay

    def write() -> None:
        clock[0] += 0.25

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(loop, "time", lambda: clock[0])
    writes = GuestWrites()
    await writes.write(write)
    await writes.write(write)
    clock[0] += 100  # nobody said anything for a while
    await writes.write(write)
    assert pauses == [0, 0.5, 0]


async def test_a_write_that_fails_is_its_own_caller_s_and_the_next_goes_on() -> None:
    writes = GuestWrites()

    def fail() -> None:
        raise ValueError("no")

    failing, sound = await asyncio.gather(writes.write(fail), writes.write(int), return_exceptions=True)
    assert isinstance(failing, ValueError)
    assert sound == 0
