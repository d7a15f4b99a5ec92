"""How pulls of images are, for watchers: the newest state of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from vms.database import in_database
from vms.live.feed import Feed
from vms.selectors import pulls


class PullWatcher(Protocol):
    """Somebody who wants to hear of pulls. Called on the loop; must not block or raise."""

    def pulls(self, text: str) -> None: ...


class PullsFeed(Feed[PullWatcher]):
    """The same for everybody."""

    what = "pulls of images"

    def __init__(self, watchers: Callable[[], Iterable[PullWatcher]]) -> None:
        super().__init__(watchers)
        self._told = "[]"

    async def look(self) -> None:
        if not list(self.watchers()):
            self._told = ""  # a newcomer is given them; whatever comes after is news
            return
        text = await in_database(pulls.encoded_rows)
        if text != self._told:
            self._told = text
            for watcher in list(self.watchers()):
                watcher.pulls(text)
