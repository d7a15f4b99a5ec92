"""Figures of other nodes' VMs, for one watcher: a websocket to each node that has some of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from vms.errors import Unavailable, VmmError
from vms.fleet import client, places
from vms.fleet.outgoing import Outgoing, outgoing
from vms.models import Vm

PATH = "/ws/figures"
RETRY_S = 5.0
PING_S = 10.0
"""What is unread is counted at the node, from one ping to the next."""
_PASSED_ON = ('{"type":"history"', '{"type":"points"', '{"type":"unknown"')

Elsewhere = Mapping[Outgoing, frozenset[str]]
"""What is asked of each node, and for which VMs."""


def elsewhere(vm_ids: Collection[str]) -> Elsewhere:
    """Those of these VMs that are on other nodes which can be asked; no query without a fleet."""
    if not vm_ids or places.here() is None or places.relayed.get():
        return {}
    by_node: dict[int, set[str]] = {}
    for vm_id, node_id in Vm.objects.filter(pk__in=vm_ids).values_list("id", "node_id"):
        by_node.setdefault(node_id, set()).add(vm_id)
    found: dict[Outgoing, frozenset[str]] = {}
    for node_id, its in by_node.items():
        with contextlib.suppress(VmmError):
            if (place := places.of_node(node_id)) is not None:
                found[outgoing(place, "GET", PATH, "")] = frozenset(its)
    return found


class Others:
    """What one watcher is told of other nodes' VMs. ``say`` takes a frame as it came."""

    def __init__(self, say: Callable[[bytes], Awaitable[None]]) -> None:
        self._say = say
        self._followed: dict[Outgoing, _Followed] = {}

    def watch(self, wanted: Elsewhere) -> None:
        """From now on these and no others."""
        for asked in self._followed.keys() - wanted.keys():
            self._followed.pop(asked).end()
        for asked, vm_ids in wanted.items():
            if asked in self._followed:
                self._followed[asked].watch(vm_ids)
            else:
                self._followed[asked] = _Followed(asked, vm_ids, self._say)

    def end(self) -> None:
        self.watch({})


class _Followed:
    """One node's: connected again and again until it is ended."""

    def __init__(
        self, asked: Outgoing, vm_ids: frozenset[str], say: Callable[[bytes], Awaitable[None]]
    ) -> None:
        self._asked, self._vm_ids, self._say = asked, vm_ids, say
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    def watch(self, vm_ids: frozenset[str]) -> None:
        if vm_ids != self._vm_ids:
            self._vm_ids = vm_ids
            self._changed.set()

    def end(self) -> None:
        self._task.cancel()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(Unavailable, ConnectionClosed):
                peer, headers = self._asked.signed()
                async with client.opened(peer, PATH, headers=headers) as node:
                    await self._listen(node)
            await asyncio.sleep(RETRY_S)

    async def _listen(self, node: ClientConnection) -> None:
        asking = asyncio.create_task(self._ask(node))
        try:
            async for frame in node:
                if isinstance(frame, str) and frame.startswith(_PASSED_ON):
                    await self._say(frame.encode())
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, node: ClientConnection) -> None:
        while True:
            self._changed.clear()
            await node.send(orjson.dumps({"type": "watch", "vms": sorted(self._vm_ids)}).decode())
            while not self._changed.is_set():
                try:
                    async with asyncio.timeout(PING_S):
                        await self._changed.wait()
                except TimeoutError:
                    await node.send('{"type":"ping"}')
