"""``/ws/status``: a snapshot, then whole rows as they change."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from vms.database import in_database
from vms.live.hub import hub
from vms.live.telling import TellingConsumer
from vms.selectors import node, pulls, watch

FRAME_ROWS = 500


class StatusConsumer(TellingConsumer):
    """One watcher. Waiting rows are kept by VM, so a slow client gets the newest of each only."""

    route = "ws/status"

    def joined(self) -> None:
        self._rows: dict[str, str] = {}
        self._gone: set[str] = set()
        self._pulls: str | None = None
        self._told_pulls = "[]"
        self._news = asyncio.Event()
        hub.join(self)

    def left(self) -> None:
        hub.leave(self)

    def row(self, vm_id: str, revision: int, text: str) -> None:
        self._gone.discard(vm_id)
        self._rows[vm_id] = text
        self._news.set()

    def gone(self, vm_id: str) -> None:
        self._rows.pop(vm_id, None)
        self._gone.add(vm_id)
        self._news.set()

    def pulls(self, text: str) -> None:
        self._pulls = text
        self._news.set()

    async def tell(self) -> None:
        await self._send_snapshot()
        while True:
            await self._news.wait()
            self._news.clear()
            await self._send_news()

    async def _send_snapshot(self) -> None:
        rows = await in_database(watch.watch_rows)
        hub.note_snapshot(self, rows)
        this = await in_database(node.this_node)
        await self.send_frame(orjson.dumps({"type": "snapshot", "node": this, "vms": rows}))
        await self._send_pulls(await in_database(pulls.encoded_rows))

    async def _send_pulls(self, text: str) -> None:
        """How all pulls of images are; whoever reads frames knows of none until told."""
        if text != self._told_pulls:
            self._told_pulls = text
            await self.send_frame(b'{"type":"pulls","pulls":' + text.encode() + b"}")

    async def _send_news(self) -> None:
        text, self._pulls = self._pulls, None
        if text is not None:
            await self._send_pulls(text)
        rows, self._rows = list(self._rows.values()), {}
        gone, self._gone = sorted(self._gone), set()
        if gone:
            await self.send_frame(orjson.dumps({"type": "gone", "ids": gone}))
        for first in range(0, len(rows), FRAME_ROWS):
            await self.send_frame(
                b'{"type":"rows","vms":[' + ",".join(rows[first : first + FRAME_ROWS]).encode() + b"]}"
            )


def status_consumer() -> Any:
    """The consumer as an ASGI application."""
    return StatusConsumer.as_asgi()
