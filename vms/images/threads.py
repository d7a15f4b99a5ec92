"""Blocking work in a thread that a cancelled task waits for: nothing is written behind its back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Ended(Exception):
    """Nobody waits for the work any more."""


async def in_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """The result of ``work(go_on)``; it calls ``go_on`` often, which raises Ended once this is cancelled."""
    ended = threading.Event()

    def go_on() -> None:
        if ended.is_set():
            raise Ended

    running = asyncio.ensure_future(asyncio.to_thread(work, go_on))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        ended.set()
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()
        raise
