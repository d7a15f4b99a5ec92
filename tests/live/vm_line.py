"""A VM's serial line without a VM: a socket that takes one client, and a log, written as QEMU writes them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from tests.waiting import eventually


class Line:
    """QEMU's end. ``typed`` is what came from the client."""

    def __init__(self, run_dir: Path) -> None:
        self.typed = b""
        self._run_dir = run_dir
        self._client: asyncio.StreamWriter | None = None
        self._log = self._open_log()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, sock=listener(self._run_dir))

    async def prints(self, data: bytes, *, logged: bool = True) -> None:
        """To the client, if there is one, then to the log."""
        if self._client is not None:
            self._client.write(data)
            await self._client.drain()
        if logged:
            os.write(self._log, data)

    async def has_a_client(self) -> None:
        await eventually(lambda: self._client is not None)

    async def has_none(self) -> None:
        await eventually(lambda: self._client is None)

    async def ends(self) -> None:
        """QEMU is gone; its log stays."""
        os.close(self._log)
        if self._server is not None:
            self._server.close()
        if self._client is not None:
            self._client.transport.abort()

    def _open_log(self) -> int:
        return os.open(self._run_dir / "serial.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._client = writer
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                self.typed += data
        self._client = None
        writer.close()


def listener(run_dir: Path) -> socket.socket:
    """The VM's serial socket, listened on; its path is too long to be bound to by itself."""
    (run_dir / "serial.sock").unlink(missing_ok=True)
    directory = os.open(run_dir, os.O_PATH)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"/proc/self/fd/{directory}/serial.sock")
    listening.listen()
    os.close(directory)
    return listening


@contextlib.asynccontextmanager
async def line(run_dir: Path) -> AsyncIterator[Line]:
    """A line that is listened on until the end."""
    opened = Line(run_dir)
    await opened.listen()
    try:
        yield opened
    finally:
        await opened.ends()
