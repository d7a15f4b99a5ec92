"""Boots take turns, and a slot always comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from vms.worker import start_queue as module
from vms.worker.lanes import Lane
from vms.worker.start_queue import StartQueue


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BOOT_LOOK_S", 0.001)


@pytest.fixture
def up() -> set[str]:
    """The VMs that have booted."""
    return set()


@pytest.fixture
async def queue(up: set[str]) -> AsyncIterator[StartQueue]:
    async def boot_is_over(vm_id: str) -> bool:
        return vm_id in up

    queue = StartQueue(2, boot_is_over)
    async with asyncio.timeout(10):
        yield queue
        await queue.close()


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def taken(queue: StartQueue, count: int = 2) -> None:
    """So many slots are taken by others."""
    for number in range(count):
        assert await queue.enter(Lane(f"other-{number}"), yes)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_only_so_many_boot_at_once(queue: StartQueue) -> None:
    await taken(queue)
    assert queue.is_full
    third = asyncio.create_task(queue.enter(Lane("third"), yes))
    await turns()
    assert not third.done()
    queue.leave()
    assert await third
    assert queue.is_full


async def test_who_came_first_is_first(queue: StartQueue) -> None:
    await taken(queue)
    order: list[str] = []

    async def enter(name: str) -> None:
        await queue.enter(Lane(name), yes)
        order.append(name)
        queue.leave()

    waiting = [asyncio.create_task(enter(name)) for name in "abc"]
    await turns()
    queue.leave()
    await asyncio.gather(*waiting)
    assert order == ["a", "b", "c"]


async def test_a_wake_that_changes_nothing_costs_no_place(queue: StartQueue) -> None:
    await taken(queue)
    first, second = Lane("first"), Lane("second")
    entering = [asyncio.create_task(queue.enter(lane, yes)) for lane in (first, second)]
    await turns()
    for _ in range(100):
        first.woken.set()
        await turns(3)
    assert not first.woken.is_set()
    queue.leave()
    assert await entering[0]
    await turns()
    assert not entering[1].done()
    entering[1].cancel()


async def test_who_is_no_longer_wanted_leaves_and_takes_no_slot(queue: StartQueue) -> None:
    await taken(queue)
    lane = Lane("a")
    entering = asyncio.create_task(queue.enter(lane, no))
    await turns()
    lane.woken.set()
    assert not await entering
    queue.leave()
    assert not queue.is_full


async def test_who_waits_when_all_ends_leaves_at_once(queue: StartQueue) -> None:
    await taken(queue)
    lane = Lane("a")
    entering = asyncio.create_task(queue.enter(lane, yes))
    await turns()
    lane.closing = True
    lane.woken.set()
    assert not await entering


async def test_a_slot_that_comes_while_it_is_no_longer_wanted_goes_to_the_next(queue: StartQueue) -> None:
    await taken(queue)
    lane = Lane("a")

    async def no_but_slowly() -> bool:
        queue.leave()
        await turns()
        return False

    entering = asyncio.create_task(queue.enter(lane, no_but_slowly))
    await turns()
    lane.woken.set()
    assert not await entering
    assert not queue.is_full
    assert await queue.enter(Lane("next"), yes)


@pytest.mark.parametrize("granted", [False, True])
async def test_a_slot_of_who_is_cancelled_is_not_lost(queue: StartQueue, granted: bool) -> None:
    await taken(queue)
    entering = asyncio.create_task(queue.enter(Lane("a"), yes))
    await turns()
    if granted:
        queue.leave()
        await asyncio.sleep(0)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    if not granted:
        queue.leave()
    assert not queue.is_full


async def test_a_slot_is_held_until_the_guest_is_up(queue: StartQueue, up: set[str]) -> None:
    await taken(queue)
    queue.booting("other-0")
    entering = asyncio.create_task(queue.enter(Lane("a"), yes))
    await asyncio.sleep(0.02)
    assert not entering.done()
    up.add("other-0")
    assert await entering


async def test_a_guest_that_never_tells_holds_its_slot_only_so_long(
    queue: StartQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BOOT_S", 0.02)
    await taken(queue)
    queue.booting("other-0")
    assert await queue.enter(Lane("a"), yes)


async def test_a_look_that_fails_gives_the_slot_back() -> None:
    async def boot_is_over(vm_id: str) -> bool:
        raise RuntimeError("the database is away")

    queue = StartQueue(1, boot_is_over)
    await taken(queue, 1)
    queue.booting("other-0")
    async with asyncio.timeout(5):
        assert await queue.enter(Lane("a"), yes)
    await queue.close()


async def test_the_end_lets_go_of_boots(queue: StartQueue) -> None:
    await taken(queue)
    queue.booting("other-0")
    queue.booting("other-1")
    await turns()
    await queue.close()
    assert not queue.is_full


async def test_a_vm_that_is_launched_again_waits_for_no_boot_of_its_own(
    queue: StartQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped and started at once, time and again: what was booting is gone."""
    monkeypatch.setattr(module, "MAX_BOOT_S", 1000.0)
    async with asyncio.timeout(10):
        for _ in range(5):
            assert await queue.enter(Lane("vm"), yes)
            queue.booting("vm")
    await turns()
    # Exactly one slot is taken: another one is free, and no third.
    assert await queue.enter(Lane("other"), yes)
    assert queue.is_full


async def test_a_boot_that_ends_before_it_was_looked_at_gives_its_slot_back(
    queue: StartQueue, up: set[str]
) -> None:
    await taken(queue)
    up.update(("other-0", "other-1"))
    queue.booting("other-0")
    queue.booting("other-1")
    await queue.close()
    await turns()
    assert not queue.is_full
