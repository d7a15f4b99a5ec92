"""One subscription per process to every changed row, handed to all who watch here.

The channel layer's own groups manage about 14 messages a second for 200 sockets; one
subscription and an in-process hand-out manage far more, with the row encoded once. The
layer may drop messages, so while anybody watches, revisions are compared with the
database every few seconds and what was missed is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Protocol

from channels.layers import get_channel_layer

from vms.database import in_database
from vms.live import bus
from vms.live.images import ImagesFeed
from vms.live.nodes import NodesFeed
from vms.live.pulls import PullsFeed
from vms.selectors import watch
from vms.selectors.sight import Sight

REPAIR_INTERVAL_S = 5.0
MEMBER_INTERVAL_S = 2.0
_log = logging.getLogger(__name__)


class Watcher(Protocol):
    """Somebody who wants to hear of rows, and passes on those that its client may see.

    Called on the loop; must not block or raise.
    """

    @property
    def sight(self) -> Sight:
        """Which VMs they see."""
        ...

    def row(self, vm_id: str, owner_id: int | None, revision: int, text: str) -> None: ...

    def gone(self, vm_id: str) -> None: ...

    def pulls(self, text: str) -> None: ...

    def images(self, text: str) -> None: ...

    @property
    def sees_nodes(self) -> bool:
        """Whether they may know of nodes more than their names."""
        ...

    def nodes(self, text: str) -> None: ...


class Hub:
    """Hands every change to the watchers and wakes those who wait for one VM."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._known: dict[str, int] = {}
        self._pulls = PullsFeed(lambda: self._watchers)
        self._images = ImagesFeed(lambda: self._watchers)
        self._nodes = NodesFeed(lambda: self._watchers)

    def join(self, watcher: Watcher) -> None:
        """Begin to hear of changes. Join first, then read the snapshot: nothing is missed between."""
        self._watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    @contextlib.asynccontextmanager
    async def changes_of(self, vm_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set at every change of that VM; clear it before looking."""
        event = asyncio.Event()
        self._waiting.setdefault(vm_id, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[vm_id]
            waiting.discard(event)
            if not waiting:
                del self._waiting[vm_id]

    async def run(self, stop: asyncio.Event) -> None:
        """Receive and hand out until told to stop; a background service of the server."""
        layer = get_channel_layer()
        bus.attach(asyncio.get_running_loop())
        channel = await layer.new_channel("hub")
        await _member(layer, channel)
        staying = asyncio.create_task(_stay_member(layer, channel))
        receiving = asyncio.create_task(bus.for_ever("changed rows", lambda: self._receive(layer, channel)))
        repairing = asyncio.create_task(self._repair())
        lists = [asyncio.create_task(feed.run()) for feed in (self._pulls, self._images, self._nodes)]
        stopping = asyncio.create_task(stop.wait())
        tasks = {receiving, staying, repairing, *lists, stopping}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(Exception):  # Redis is away: it forgets us in a while
                await layer.group_discard(bus.ROWS, channel)

    async def _receive(self, layer: Any, channel: str) -> None:
        message = await layer.receive(channel)
        try:
            self._hand_out(message)
        except Exception:
            _log.exception("a message about a row could not be handed out")

    def _hand_out(self, message: dict[str, Any]) -> None:
        if message["type"] == "pulls":
            self._pulls.changed()
            return
        if message["type"] == "images":
            self._images.changed()
            return
        if message["type"] == "nodes":
            self._nodes.changed()
            return
        vm_id = message["id"]
        if message["type"] == "vm.gone":
            self._known.pop(vm_id, None)
            self._images.changed()  # one user less
            for watcher in list(self._watchers):
                watcher.gone(vm_id)
        elif message["type"] == "vm.row" and message["revision"] >= self._known.get(vm_id, 0):
            if vm_id not in self._known:
                self._images.changed()  # one user more
            self._known[vm_id] = message["revision"]
            for watcher in list(self._watchers):
                watcher.row(vm_id, message["owner"], message["revision"], message["row"])
        for event in self._waiting.get(vm_id, ()):
            event.set()

    async def _repair(self) -> None:
        while True:
            await asyncio.sleep(REPAIR_INTERVAL_S)
            if not self._watchers:
                self._known.clear()
                continue
            try:
                await self._compare()
            except Exception:
                _log.warning("rows could not be compared with the database", exc_info=True)

    async def _compare(self) -> None:
        known = dict(self._known)
        actual = await in_database(watch.revisions)
        for vm_id in known.keys() - actual.keys():
            self._hand_out({"type": "vm.gone", "id": vm_id})
        for vm_id, revision in actual.items():
            if revision > self._known.get(vm_id, 0):
                row = await in_database(watch.watch_row, vm_id)
                if row is not None:
                    self._hand_out(row.message())

    def note_snapshot(self, newcomer: Watcher, rows: list[watch.WatchRow]) -> None:
        """A watcher was just given these rows. Those that are news went unheard: the others need them."""
        others = self._watchers - {newcomer}
        for row in rows:
            if row.revision > self._known.get(row.id, 0):
                self._known[row.id] = row.revision
                for watcher in others:
                    watcher.row(row.id, row.owner_id, row.revision, row.encoded())


async def _stay_member(layer: Any, channel: str) -> None:
    """A layer forgets its members after a while, and a Redis that was started anew has none."""
    while True:
        await asyncio.sleep(MEMBER_INTERVAL_S)
        await _member(layer, channel)


async def _member(layer: Any, channel: str) -> None:
    try:
        await layer.group_add(bus.ROWS, channel)
    except Exception as error:
        _log.debug("not to be told of changed rows now: %s", error)


hub = Hub()
"""The process's only one."""
