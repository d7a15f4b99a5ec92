"""How pulls of images are, for watchers: the newest state of all, at most four times a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from vms.database import in_database
from vms.selectors import pulls

PAUSE_S = 0.25
REPAIR_INTERVAL_S = 5.0
"""A hint may be lost: so late is noticed what it would have told."""
_log = logging.getLogger(__name__)


class PullWatcher(Protocol):
    """Somebody who wants to hear of pulls. Called on the loop; must not block or raise."""

    def pulls(self, text: str) -> None: ...


class PullsFeed:
    """Reads the pulls when told that they changed, and hands them out where they did."""

    def __init__(self, watchers: Callable[[], Iterable[PullWatcher]]) -> None:
        self._watchers = watchers
        self._news: asyncio.Event | None = None
        self._told = "[]"

    def changed(self) -> None:
        """Have them read soon; on the event loop."""
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
                await self._look()
            except Exception:
                _log.warning("pulls of images could not be read", exc_info=True)
            await asyncio.sleep(PAUSE_S)

    async def _look(self) -> None:
        if not list(self._watchers()):
            self._told = ""  # a newcomer is given them; whatever comes after is news
            return
        text = await in_database(pulls.encoded_rows)
        if text != self._told:
            self._told = text
            for watcher in list(self._watchers()):
                watcher.pulls(text)
