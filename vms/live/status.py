"""``/ws/status``: a snapshot, then whole rows as they change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer

from vms.database import in_database
from vms.live.hub import hub
from vms.selectors import node, pulls, watch

FAILED = 4000
"""Close code: a bug, or the database is away."""
TOO_SLOW = 4008
"""Close code: so much is on its way unread that the client had better begin anew."""
MAX_UNREAD_BYTES = 32 << 20
"""Sent since the client's last ping. A socket has no back-pressure of its own."""
PONG_INTERVAL_S = 1.0
FRAME_ROWS = 500
_log = logging.getLogger(__name__)


class StatusConsumer(AsyncWebsocketConsumer):
    """One watcher. Waiting rows are kept by VM, so a slow client gets the newest of each only."""

    async def connect(self) -> None:
        self._rows: dict[str, str] = {}
        self._gone: set[str] = set()
        self._pulls: str | None = None
        self._told_pulls = "[]"
        self._news = asyncio.Event()
        self._unread = 0
        self._ponged_at = float("-inf")
        await self.accept()
        hub.join(self)
        self._sending = asyncio.create_task(self._send_all())

    async def disconnect(self, code: int) -> None:
        hub.leave(self)
        sending = getattr(self, "_sending", None)
        if sending is not None:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await sending

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Any message is a ping; answered at most once a second, for a flood earns no flood."""
        self._unread = 0
        now = time.monotonic()
        if now - self._ponged_at >= PONG_INTERVAL_S:
            self._ponged_at = now
            await self._send_frame(b'{"type":"pong"}')

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

    async def _send_all(self) -> None:
        try:
            await self._send_snapshot()
            while True:
                await self._news.wait()
                self._news.clear()
                await self._send_news()
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("a watcher could not be told of rows; it may come again")
            await self.close(code=FAILED)

    async def _send_snapshot(self) -> None:
        rows = await in_database(watch.watch_rows)
        hub.note_snapshot(self, rows)
        this = await in_database(node.this_node)
        await self._send_frame(orjson.dumps({"type": "snapshot", "node": this, "vms": rows}))

        await self._send_pulls(await in_database(pulls.encoded_rows))

    async def _send_pulls(self, text: str) -> None:
        """How all pulls of images are; whoever reads frames knows of none until told."""
        if text != self._told_pulls:
            self._told_pulls = text
            await self._send_frame(b'{"type":"pulls","pulls":' + text.encode() + b"}")

    async def _send_news(self) -> None:
        text, self._pulls = self._pulls, None
        if text is not None:
            await self._send_pulls(text)
        rows, self._rows = list(self._rows.values()), {}
        gone, self._gone = sorted(self._gone), set()
        if gone:
            await self._send_frame(orjson.dumps({"type": "gone", "ids": gone}))
        for first in range(0, len(rows), FRAME_ROWS):
            await self._send_frame(
                b'{"type":"rows","vms":[' + ",".join(rows[first : first + FRAME_ROWS]).encode() + b"]}"
            )

    async def _send_frame(self, frame: bytes) -> None:
        self._unread += len(frame)
        if self._unread > MAX_UNREAD_BYTES:
            hub.leave(self)
            await self.close(code=TOO_SLOW)
            raise asyncio.CancelledError
        await self.send(text_data=frame.decode())


def status_consumer() -> Any:
    """The consumer as an ASGI application."""
    return StatusConsumer.as_asgi()
