"""The nodes of a fleet, for watchers: all of them, in two measures of what may be known of a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from vms.database import in_database
from vms.live.feed import Feed
from vms.selectors import nodes

NOBODY_ELSE = "[]"
"""What is told of a node that works alone: nothing, as everybody takes it until told."""


class NodeWatcher(Protocol):
    """Somebody who wants to hear of nodes. Called on the loop; must not block or raise."""

    @property
    def sees_nodes(self) -> bool:
        """Whether they may know more of them than their names."""
        ...

    def nodes(self, text: str) -> None: ...


class NodesFeed(Feed[NodeWatcher]):
    """Read once for all who may know the same. What every heartbeat changes is told every 5 s."""

    what = "nodes"

    def __init__(self, watchers: Callable[[], Iterable[NodeWatcher]]) -> None:
        super().__init__(watchers)
        self._told: dict[bool, str] = {}

    async def look(self) -> None:
        told, self._told = self._told, {}
        for whole in {watcher.sees_nodes for watcher in self.watchers()}:
            text = self._told[whole] = await in_database(nodes.encoded_rows, whole=whole)
            if text != told.get(whole, NOBODY_ELSE):
                for watcher in list(self.watchers()):
                    if watcher.sees_nodes == whole:
                        watcher.nodes(text)
