"""What all websockets that tell have in common: one task that sends, and a bound to what is unread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer

from vms import telemetry

FAILED = 4000
"""Close code: a bug, or the database is away."""
TOO_SLOW = 4008
"""Close code: so much is on its way unread that the client had better begin anew."""
MAX_UNREAD_BYTES = 32 << 20
"""Sent since the client's last ping. A socket has no back-pressure of its own."""
PONG_INTERVAL_S = 1.0
_log = logging.getLogger(__name__)


class TellingConsumer(AsyncWebsocketConsumer):
    """One watcher: :meth:`joined` when it comes, :meth:`left` when it goes, :meth:`tell` between."""

    route: ClassVar[str]
    """Where it is, for the router and the metrics."""
    channel_layer_alias = "none"
    """The hub hears for all watchers. A channel of each one's own would wait at Redis, and end with it."""

    async def connect(self) -> None:
        self._unread = 0
        self._ponged_at = float("-inf")
        await self.accept()
        telemetry.WEBSOCKETS.labels(self.route).inc()
        self.joined()
        self._sending = asyncio.create_task(self._tell())

    async def disconnect(self, code: int) -> None:
        sending = getattr(self, "_sending", None)
        if sending is None:
            return
        telemetry.WEBSOCKETS.labels(self.route).dec()
        self.left()
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Any message is a ping."""
        await self.pinged()

    def joined(self) -> None:
        """Begin to hear of what is to be told."""

    def left(self) -> None:
        """Hear of nothing any more. May be called twice."""

    async def tell(self) -> None:
        """Send frames until cancelled."""
        raise NotImplementedError

    async def pinged(self, answer: bytes = b'{"type":"pong"}') -> None:
        """The client has read all; answered at most once a second, for a flood earns no flood."""
        self._unread = 0
        now = time.monotonic()
        if now - self._ponged_at >= PONG_INTERVAL_S:
            self._ponged_at = now
            await self.send_frame(answer)

    async def send_frame(self, frame: bytes) -> None:
        """Send JSON text; a client that leaves too much unread is closed and told no more."""
        await self._count(len(frame))
        await self.send(text_data=frame.decode())

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame, bounded in the same way."""
        await self._count(len(data))
        await self.send(bytes_data=data)

    async def _count(self, length: int) -> None:
        self._unread += length
        if self._unread > MAX_UNREAD_BYTES:
            self.left()
            await self.close(code=TOO_SLOW)
            raise asyncio.CancelledError

    async def _tell(self) -> None:
        try:
            await self.tell()
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("a watcher could not be told; it may come again")
            await self.close(code=FAILED)
