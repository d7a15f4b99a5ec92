"""``/ws/figures``: the last hour of what VMs or the node use, then every point as it is read.

The client says what it watches, and may say it anew at any time: VMs by id, at most
``MAX_VMS``, and the node. Whatever is watched is read every two seconds instead of every ten::

    {"type": "watch", "vms": ["8d1c…"], "node": true}
    {"type": "ping"}

The server answers with the history of what was not watched before, oldest point first, with
``"vm": null`` for the node; ids that no VM has, or none that the client may see, are named. Then
come live points, those of one moment together::

    {"type": "history", "vm": "8d1c…", "columns": ["at", "cpu", …], "points": [[1760000000000, 0.5, …], …]}
    {"type": "unknown", "vms": ["gone"]}
    {"type": "points", "vms": {"8d1c…": [1760000002000, 0.25, …]}, "node": [1760000002000, 1.5, …]}
    {"type": "pong"}
    {"type": "refused", "message": "…"}

``at`` is milliseconds since 1970; the other columns are those of ``vms.figures.points``, null
where nothing is known. History has a point every ten seconds, in seven digits. What can't be
understood is refused and changes nothing. Close codes and bounds are those of ``/ws/status``:
32 MiB may be unread since the last ping.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson

from vms.access.policy import Permission, allows, sight
from vms.access.principal import current
from vms.database import in_database
from vms.figures.board import NODE, Row, board
from vms.figures.points import NodePoint, VmPoint
from vms.fleet import figures as of_others
from vms.fleet.figures import Others
from vms.live.telling import TellingConsumer
from vms.selectors import figures

MAX_VMS = 64
MAX_MESSAGE = 16 << 10
"""Characters; a subscription to as many VMs as may be is far shorter."""
SUBSCRIBE_PAUSE_S = 0.5
"""Histories are long: who changes its mind all the time is told them so often, and no more."""
DIGITS = 4
NODE_REFUSED = "node: the host's figures are for viewers, operators and admins"


class NotUnderstood(ValueError):
    """A message that is no subscription; says what one is."""


@dataclass(frozen=True)
class Watch:
    """What a client wants to watch."""

    vms: tuple[str, ...] = ()
    node: bool = False


class FiguresConsumer(TellingConsumer):
    """One watcher. Of points that wait, each VM's newest is sent."""

    route = "ws/figures"

    def joined(self) -> None:
        self._sight = sight(current())
        self._wanted: Watch | None = None
        self._watched: set[str] = set()
        self._rows: dict[str, Row] = {}
        self._news = asyncio.Event()
        self._others = Others(self.send_frame)

    def left(self) -> None:
        self._others.end()
        self._watch_only(set())

    def point(self, key: str, row: Row) -> None:
        self._rows[key] = row
        self._news.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A subscription, of those that wait the newest; or a ping."""
        try:
            message = read_message(text_data or "")
        except NotUnderstood as error:
            await self.pinged(orjson.dumps({"type": "refused", "message": str(error)}))
            return
        if message is None:
            await self.pinged()
        else:
            self._wanted = message
            self._news.set()

    async def tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            wanted, self._wanted = self._wanted, None
            if wanted is not None:
                await self._subscribe(wanted)
            await self._send_points()

    async def _subscribe(self, wanted: Watch) -> None:
        known = await self._seen(wanted.vms)
        unknown = [vm_id for vm_id in wanted.vms if vm_id not in known]
        sees_node = wanted.node and allows(current(), Permission.SEE_NODE)
        elsewhere = await in_database(of_others.elsewhere, known)
        here = known.difference(*elsewhere.values())
        new = self._watch_only(here | ({NODE} if sees_node else set()))
        self._others.watch(elsewhere)
        if unknown:
            await self.send_frame(orjson.dumps({"type": "unknown", "vms": unknown}))
        if wanted.node and not sees_node:
            await self.send_frame(orjson.dumps({"type": "refused", "message": NODE_REFUSED}))
        for key in sorted(new):
            # What was read until now is history.
            self._rows.pop(key, None)
            await self.send_frame(history(key))
        await asyncio.sleep(SUBSCRIBE_PAUSE_S)

    def _watch_only(self, keys: set[str]) -> set[str]:
        """Watch these and nothing else; those that were not watched before."""
        new = keys - self._watched
        for key in self._watched - keys:
            board.unwatch(key, self)
            self._rows.pop(key, None)
        for key in new:
            board.watch(key, self)
        self._watched = keys
        return new

    async def _seen(self, vms: Collection[str]) -> set[str]:
        return await in_database(figures.existing, list(vms), self._sight) if vms else set()

    async def _forget_lost(self) -> None:
        """Stop watching VMs that were somebody's own, and are not any more."""
        watched = self._watched - {NODE}
        lost = watched - await self._seen(watched)
        if lost:
            self._watch_only(self._watched - lost)
            await self.send_frame(orjson.dumps({"type": "unknown", "vms": sorted(lost)}))

    async def _send_points(self) -> None:
        if self._rows and not self._sight.everything:
            await self._forget_lost()
        rows, self._rows = self._rows, {}
        if rows:
            of_node = rows.pop(NODE, None)
            await self.send_frame(orjson.dumps({"type": "points", "vms": rows, "node": of_node}))


def read_message(text: str) -> Watch | None:
    """The subscription that a client sent; None for a ping. Raises NotUnderstood."""
    if len(text) > MAX_MESSAGE:
        raise NotUnderstood(f"the message is longer than {MAX_MESSAGE} characters")
    try:
        data = orjson.loads(text)
    except ValueError:
        data = None
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "ping":
        return None
    if kind != "watch":
        raise NotUnderstood('send {"type": "watch", "vms": […], "node": true} or {"type": "ping"}')
    vms, of_node = data.get("vms", []), data.get("node", False)
    if not isinstance(vms, list) or not all(isinstance(vm_id, str) for vm_id in vms):
        raise NotUnderstood("vms: must be a list of VMs' ids")
    if len(vms) > MAX_VMS:
        raise NotUnderstood(f"vms: at most {MAX_VMS} can be watched by one connection, not {len(vms)}")
    if not isinstance(of_node, bool):
        raise NotUnderstood("node: must be true or false")
    # An empty id would mean the node, and no VM has one.
    return Watch(tuple(vm_id for vm_id in dict.fromkeys(vms) if vm_id), of_node)


def history(key: str) -> bytes:
    """The frame with the last hour of a VM or of the node."""
    columns = NodePoint._fields if key == NODE else VmPoint._fields
    points = [[row[0], *(_short(value) for value in row[1:])] for row in board.rows(key)]
    frame = {"type": "history", "vm": key or None, "columns": ["at", *columns], "points": points}
    return orjson.dumps(frame)


def _short(value: float | None) -> float | None:
    """Without the digits that single precision made up; whole numbers as such."""
    if value is None:
        return None
    return int(value) if value.is_integer() else round(value, DIGITS)


def figures_consumer() -> Any:
    """The consumer as an ASGI application."""
    return FiguresConsumer.as_asgi()
