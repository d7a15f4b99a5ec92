"""Daphne's HTTP request, with a bound to its body and a tap that its response flows through."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from vmm_site.headers import SECURITY_HEADERS


@implementer(IPushProducer)
class Tap:
    """Open while the client takes what it is sent."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    async def opened(self) -> None:
        await self._open.wait()

    def pauseProducing(self) -> None:  # noqa: N802 (Twisted's name)
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


class Request(WebRequest):
    """An HTTP request whose body may not grow beyond the server's bound."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.factory.open.add(self.channel)
        self.tap: Tap | None = None
        self._received = 0
        self._refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        too_large = length is not None and length > self.server.max_body_size
        super().gotLength(0 if too_large else length)
        if too_large:
            # Nobody should be told to go on sending, either.
            self.requestHeaders.removeHeader(b"expect")
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self._received += len(data)
        if self._received > self.server.max_body_size:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        if not self._refused:
            # Only a server's own settings say where it is mounted; Daphne would believe any client.
            self.requestHeaders.removeHeader(b"daphne-root-path")
            super().requestReceived(command, path, version)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's refusals, in our form."""
        answer = json.dumps({"code": status, "message": body}).encode()
        headers = SECURITY_HEADERS | {"Content-Type": "application/json", "Content-Length": str(len(answer))}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": encoded})
        self.handle_reply({"type": "http.response.body", "body": answer})

    def _refuse(self) -> None:
        self._refused = True
        message = f"the request's body is larger than {self.server.max_body_size} bytes"
        self.channel.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

    def feel(self) -> Tap | None:
        """The tap of a response that comes in parts."""
        if self.tap is None and self.channel is not None and not self.finished:
            self.tap = Tap()
            self.registerProducer(self.tap, True)
        return self.tap

    def finish(self) -> None:
        if self.tap is not None and self.producer is not None:
            self.unregisterProducer()
        super().finish()
