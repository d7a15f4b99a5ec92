"""The node's images, for watchers, and of the VMs that use them those that each watcher sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from vms.database import in_database
from vms.live.feed import Feed
from vms.selectors import images
from vms.selectors.sight import Sight


class ImageWatcher(Protocol):
    """Somebody who wants to hear of images. Called on the loop; must not block or raise."""

    @property
    def sight(self) -> Sight:
        """Which VMs they see."""
        ...

    def images(self, text: str) -> None: ...


class ImagesFeed(Feed[ImageWatcher]):
    """Read once for all who see the same VMs."""

    what = "images"

    def __init__(self, watchers: Callable[[], Iterable[ImageWatcher]]) -> None:
        super().__init__(watchers)
        self._told: dict[Sight, str] = {}

    async def look(self) -> None:
        # Of a sight that nobody has any more nothing is kept: a newcomer is given them anyway.
        told, self._told = self._told, {}
        for sight in {watcher.sight for watcher in self.watchers()}:
            text = self._told[sight] = await in_database(images.encoded_rows, sight)
            if text != told.get(sight):
                for watcher in list(self.watchers()):
                    if watcher.sight == sight:
                        watcher.images(text)
