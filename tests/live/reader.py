"""A browser's end of ``/ws/logs`` and ``/ws/console``: it counts bytes as the protocol says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from channels.testing import WebsocketCommunicator

from tests.live.browser import LOCAL
from vmm_site.asgi import application
from vms.hypervisor.rundir import RunDir

Frame = dict[str, Any] | bytes


class Reader:
    """One websocket. ``heard`` holds the bytes of each boot from where the last hello of it said on."""

    def __init__(self, path: str) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=LOCAL)
        self.socket.scope["client"] = ["127.0.0.1", 40_000]
        self.hello: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.refusals: list[str] = []
        self.position = 0
        self.heard: dict[int, bytes] = {}

    async def next(self) -> Frame:
        """The next frame. Raises AssertionError with the code where it is closed."""
        message = await self.socket.receive_output(timeout=10)
        assert message["type"] == "websocket.send", message
        if message.get("bytes") is not None:
            data: bytes = message["bytes"]
            self.position += len(data)
            self.heard[self.hello["boot"]] = self.heard.get(self.hello["boot"], b"") + data
            return data
        frame: dict[str, Any] = json.loads(message["text"])
        match frame["type"]:
            case "hello":
                skipped = frame["boot"] == self.hello.get("boot") and frame["position"] != self.position
                self.hello, self.position = frame, frame["position"]
                if skipped:
                    self.heard[frame["boot"]] = b""
            case "state":
                self.state = frame
            case "refused":
                self.refusals.append(frame["message"])
        return frame

    async def until(self, kind: str) -> dict[str, Any]:
        """The next frame of that type; others come before it."""
        while True:
            frame = await self.next()
            if isinstance(frame, dict) and frame["type"] == kind:
                return frame

    async def hears(self, data: bytes) -> None:
        """Read until the current boot's bytes end so."""
        while not self.heard.get(self.hello["boot"], b"").endswith(data):
            await self.next()

    async def until_state(self, **wanted: Any) -> None:
        while any(self.state.get(name) != value for name, value in wanted.items()):
            await self.next()

    async def closed(self) -> int:
        """The code that it is closed with; frames come before it."""
        while True:
            message = await self.socket.receive_output(timeout=10)
            if message["type"] == "websocket.close":
                code: int = message["code"]
                return code

    async def say(self, message: Any) -> None:
        await self.socket.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def type(self, keys: bytes) -> None:
        await self.socket.send_to(bytes_data=keys)

    async def hears_nothing(self, seconds: float = 0.5) -> None:
        assert await self.socket.receive_nothing(timeout=seconds)

    async def leave(self) -> None:
        await self.socket.disconnect(timeout=10)


@contextlib.asynccontextmanager
async def reader(path: str) -> AsyncIterator[Reader]:
    """Somebody who has been greeted."""
    opened = Reader(path)
    accepted, _ = await opened.socket.connect(timeout=10)
    assert accepted
    await opened.until("hello")
    try:
        yield opened
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await opened.leave()


@contextlib.asynccontextmanager
async def console_of(vm: RunDir, query: str = "") -> AsyncIterator[Reader]:
    """Somebody at a VM's console who was told how it is."""
    async with reader(f"/ws/console/{vm.path.name}?{query}") as client:
        await client.until("state")
        yield client
