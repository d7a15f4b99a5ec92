"""Lists that are short enough to be told whole, as soon as they change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

PAUSE_S = 0.25
REPAIR_INTERVAL_S = 5.0
"""A hint may be lost: so late is noticed what it would have told."""
_log = logging.getLogger(__name__)

W = TypeVar("W")


class Feed(Generic[W]):
    """Looks when told that something may have changed, at most four times a second."""

    what = "a list"
    """What is read, for the log."""

    def __init__(self, watchers: Callable[[], Iterable[W]]) -> None:
        self.watchers = watchers
        self._news: asyncio.Event | None = None

    def changed(self) -> None:
        """Have it read soon; on the event loop."""
        if self._news is not None:
            self._news.set()

    async def run(self) -> None:
        """Hand out until cancelled."""
        news = self._news = asyncio.Event()
        while True:
            # Not wait_for, which in Python 3.11 loses a cancellation that comes with the news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPAIR_INTERVAL_S):
                    await news.wait()
            news.clear()
            try:
                await self.look()
            except Exception:
                _log.warning("%s could not be read", self.what, exc_info=True)
            await asyncio.sleep(PAUSE_S)

    async def look(self) -> None:
        """Read the list, and tell the watchers where it is not what they were told last."""
        raise NotImplementedError
