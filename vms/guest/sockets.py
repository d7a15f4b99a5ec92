"""Sockets between host and guests. The one place that knows AF_VSOCK; tests put Unix sockets in its place."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

BACKLOG = 128


class Sockets(Protocol):
    """How a host's program and its guests find each other, by context id (CID) and port."""

    def listen(self, cid: int, port: int) -> socket.socket:
        """A listening socket that doesn't block. Raises OSError."""

    async def connect(self, cid: int, port: int) -> socket.socket:
        """A connected socket that doesn't block; waits as long as the other side lets it. Raises OSError."""

    def peer_cid(self, connection: socket.socket) -> int:
        """Who is at the other end of an accepted connection. Raises OSError where it is gone already."""


class Vsock:
    """The real ones. A guest can't choose its CID: QEMU was given it, and the kernel tells it."""

    def listen(self, cid: int, port: int) -> socket.socket:
        listening = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        try:
            listening.setblocking(False)
            listening.bind((cid, port))
            listening.listen(BACKLOG)
        except BaseException:
            listening.close()
            raise
        return listening

    async def connect(self, cid: int, port: int) -> socket.socket:
        connection = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, (cid, port))
        except BaseException:
            connection.close()
            raise
        return connection

    def peer_cid(self, connection: socket.socket) -> int:
        cid: int = connection.getpeername()[0]
        return cid
