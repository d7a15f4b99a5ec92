"""A browser's end of ``/ws/status``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from channels.testing import WebsocketCommunicator

from vmm_site.asgi import application

LOCAL = [(b"host", b"localhost:12000")]


class Browser:
    """One websocket; ``rows`` is what it knows, by VM id, and ``images`` the last that it was told."""

    def __init__(
        self, headers: list[tuple[bytes, bytes]] | None = None, *, by_unix_socket: bool = False
    ) -> None:
        self.socket = WebsocketCommunicator(application, "/ws/status", headers=headers or LOCAL)
        if not by_unix_socket:
            self.socket.scope["client"] = ["127.0.0.1", 40_000]
        self.rows: dict[str, dict[str, Any]] = {}
        self.node: dict[str, Any] = {}
        self.images: list[dict[str, Any]] | None = None
        self.frames: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any]:
        """The next frame that is not about images."""
        while (frame := await self.receive())["type"] == "images":
            self.images = frame["images"]
        self.frames.append(frame)
        match frame["type"]:
            case "snapshot":
                self.node = frame["node"]
                self.rows = {row["id"]: row for row in frame["vms"]}
            case "rows":
                for row in frame["vms"]:
                    if row["revision"] >= self.rows.get(row["id"], {"revision": 0})["revision"]:
                        self.rows[row["id"]] = row
            case "gone":
                for vm_id in frame["ids"]:
                    self.rows.pop(vm_id, None)
        return frame

    async def receive(self) -> dict[str, Any]:
        """The next frame, whatever it is about."""
        frame: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=10))
        return frame

    async def next_images(self) -> list[dict[str, Any]]:
        """The next frame about images; others come before it and are passed over."""
        while (frame := await self.receive())["type"] != "images":
            pass
        images: list[dict[str, Any]] = frame["images"]
        self.images = images
        return images

    async def until(self, vm_id: str, revision: int | None) -> None:
        """Read until the VM is known at (or beyond) that revision; None: until it is gone."""
        while True:
            row = self.rows.get(vm_id)
            if (revision is None and row is None) or (
                revision is not None and row is not None and row["revision"] >= revision
            ):
                return
            await self.next()


@contextlib.asynccontextmanager
async def browser(headers: list[tuple[bytes, bytes]] | None = None) -> AsyncIterator[Browser]:
    """A browser that has been given its snapshot, and the images."""
    opened = Browser(headers)
    accepted, _ = await opened.socket.connect(timeout=10)
    assert accepted
    assert (await opened.next())["type"] == "snapshot"
    await opened.next_images()
    try:
        yield opened
    finally:
        await opened.socket.disconnect(timeout=10)
