"""``/ws/status``: a snapshot, then whole rows as they change, of the VMs that the client may see.

Frames are JSON objects with a ``type``:

- ``snapshot``: the ``node`` and all ``vms``, once, first (``selectors.node``, ``selectors.watch``);
- ``images``: all ``images`` of the node, after the snapshot and when one changes, comes or goes, or
  when the VMs that use it do (``selectors.images``);
- ``pulls``: the newest ``pulls``, where there are any, and when one changes (``selectors.pulls``);
- ``nodes``: all ``nodes`` of a fleet, where there are several (``selectors.nodes``), at most every 5 s
  unless one is cordoned or removed;
- ``rows``: ``vms`` that changed; of two rows of a VM the one with the higher ``revision`` holds;
- ``gone``: the ``ids`` of VMs that are no more;
- ``pong``: the answer to anything that the client says.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from vms.access.policy import Permission, allows, sight
from vms.access.principal import current
from vms.database import in_database
from vms.live.hub import hub
from vms.live.telling import TellingConsumer
from vms.selectors import images, node, nodes, pulls, watch

FRAME_ROWS = 500


class StatusConsumer(TellingConsumer):
    """One watcher. Waiting rows are kept by VM, so a slow client gets the newest of each only."""

    route = "ws/status"

    def joined(self) -> None:
        self.sight = sight(current())
        self.sees_nodes = allows(current(), Permission.SEE_NODE)
        self._told: set[str] = set()
        self._rows: dict[str, str] = {}
        self._gone: set[str] = set()
        self._lists: dict[str, str] = {}
        self._told_lists = {"pulls": "[]", "nodes": "[]"}
        self._news = asyncio.Event()
        hub.join(self)

    def left(self) -> None:
        hub.leave(self)

    def row(self, vm_id: str, owner_id: int | None, revision: int, text: str) -> None:
        if not self.sight.includes(owner_id):
            # It may have been the client's until now.
            self.gone(vm_id)
            return
        self._gone.discard(vm_id)
        self._rows[vm_id] = text
        self._news.set()

    def gone(self, vm_id: str) -> None:
        self._rows.pop(vm_id, None)
        self._gone.add(vm_id)
        self._news.set()

    def pulls(self, text: str) -> None:
        self._lists["pulls"] = text
        self._news.set()

    def images(self, text: str) -> None:
        self._lists["images"] = text
        self._news.set()

    def nodes(self, text: str) -> None:
        self._lists["nodes"] = text
        self._news.set()

    async def tell(self) -> None:
        await self._send_snapshot()
        while True:
            await self._news.wait()
            self._news.clear()
            await self._send_news()

    async def _send_snapshot(self) -> None:
        rows = await in_database(watch.watch_rows, self.sight)
        hub.note_snapshot(self, rows)
        self._told.update(row.id for row in rows)
        this = await in_database(node.this_node, with_findings=self.sees_nodes)
        await self.send_frame(orjson.dumps({"type": "snapshot", "node": this, "vms": rows}))
        await self._send_list("images", await in_database(images.encoded_rows, self.sight))
        await self._send_list("pulls", await in_database(pulls.encoded_rows))
        await self._send_list("nodes", await in_database(nodes.encoded_rows, whole=self.sees_nodes))

    async def _send_list(self, kind: str, text: str) -> None:
        """A whole list, unless it was told already; nobody knows of a pull, or of other nodes, until told."""
        if text != self._told_lists.get(kind) and allows(current(), Permission.LOOK):
            self._told_lists[kind] = text
            await self.send_frame(f'{{"type":"{kind}","{kind}":{text}}}'.encode())

    async def _send_news(self) -> None:
        lists, self._lists = self._lists, {}
        for kind, text in lists.items():
            await self._send_list(kind, text)
        news, self._rows = self._rows, {}
        # Of what the client never saw, it is not told that it is gone.
        gone, self._gone = sorted(self._gone & self._told), set()
        self._told.difference_update(gone)
        self._told.update(news)
        rows = list(news.values())
        if gone:
            await self.send_frame(orjson.dumps({"type": "gone", "ids": gone}))
        for first in range(0, len(rows), FRAME_ROWS):
            await self.send_frame(
                b'{"type":"rows","vms":[' + ",".join(rows[first : first + FRAME_ROWS]).encode() + b"]}"
            )


def status_consumer() -> Any:
    """The consumer as an ASGI application."""
    return StatusConsumer.as_asgi()
