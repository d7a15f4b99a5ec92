"""Hypothesis beside a running server: drawing happens in a thread, requests on the server's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T")
Wait = Callable[[Coroutine[Any, Any, T]], T]
WAIT_S = 60.0


async def in_thread(test: Callable[[Callable[[Awaitable[Any]], Any]], None]) -> None:
    """Run ``test(wait)`` in a thread; ``wait(awaitable)`` there gives what it comes to on this loop."""
    loop = asyncio.get_running_loop()

    async def of(awaitable: Awaitable[Any]) -> Any:
        return await awaitable

    def wait(awaitable: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(of(awaitable), loop).result(WAIT_S)

    await asyncio.to_thread(test, wait)


def examples(count: int, *, same_each_time: bool = True) -> settings:
    """So many examples: the same in every run, so that a failure is somebody's change, or new ones."""
    return settings(
        max_examples=count,
        derandomize=same_each_time,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
