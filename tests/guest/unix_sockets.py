"""Unix sockets in the place of vsock's: an address is a file's name, and so is who calls."""

from __future__ import annotations

import asyncio
import itertools
import socket
from pathlib import Path

HOST_CID = 2


class UnixSockets:
    """``Sockets`` as the host (CID 2), or as the guest with another CID, has them. All share a folder."""

    _calls = itertools.count()

    def __init__(self, folder: Path, own_cid: int = HOST_CID) -> None:
        self._folder = folder
        self._own_cid = own_cid

    def guest(self, cid: int) -> UnixSockets:
        """The same, seen from the guest with that CID."""
        return UnixSockets(self._folder, cid)

    def listen(self, cid: int, port: int) -> socket.socket:
        listening = self._made()
        try:
            listening.bind(str(self._folder / f"{cid}.{port}"))
            listening.listen(128)
        except BaseException:
            listening.close()
            raise
        return listening

    async def connect(self, cid: int, port: int) -> socket.socket:
        connection = self._made()
        try:
            connection.bind(str(self._folder / f"from.{self._own_cid}.{next(self._calls)}"))
            await asyncio.get_running_loop().sock_connect(connection, str(self._folder / f"{cid}.{port}"))
        except BaseException:
            connection.close()
            raise
        return connection

    def peer_cid(self, connection: socket.socket) -> int:
        return int(Path(connection.getpeername()).name.split(".")[1])

    def _made(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.setblocking(False)
        return made
