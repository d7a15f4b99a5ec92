"""A browser's end of ``/ws/console`` of a real server."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.real.server import Server

PATIENCE_S = 90.0


class ConsoleSocket:
    """Counts as the protocol says: ``heard`` is what came since the last hello."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.hello: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.refusals: list[str] = []
        self.heard = b""

    @property
    def position(self) -> int:
        """Where the next byte is."""
        begin: int = self.hello["position"]
        return begin + len(self.heard)

    def next(self) -> None:
        frame = self.socket.recv(timeout=PATIENCE_S)
        if isinstance(frame, bytes):
            self.heard += frame
            return
        message = json.loads(frame)
        match message["type"]:
            case "hello":
                self.hello, self.heard = message, b""
            case "state":
                self.state = message
            case "refused":
                self.refusals.append(message["message"])

    def until_hello(self) -> None:
        before = self.hello
        while self.hello is before:
            self.next()

    def until(self, data: bytes) -> bytes:
        """Read until that came; all that came since the last hello."""
        deadline = time.monotonic() + PATIENCE_S
        while data not in self.heard:
            assert time.monotonic() < deadline, f"{data!r} is not in {self.heard[-500:]!r}"
            self.next()
        return self.heard

    def run(self, shell: str) -> bytes:
        """What a line typed at a shell prints, carriage returns left out."""
        # Of this call only, and put together by the shell: neither history nor echo holds them.
        name = secrets.token_hex(4)
        begin, end = f"BEGIN {name}\n".encode(), f"END {name}\n".encode()
        self.socket.send(f"printf 'BEG''IN {name}\\n'; {shell}; printf 'E''ND {name}\\n'\n".encode())
        while (told := self.heard.replace(b"\r\n", b"\n")).find(end) < 0:
            self.next()
        return told.partition(begin)[2].partition(end)[0]


@contextlib.contextmanager
def console_socket(server: Server, vm_id: str, query: str = "") -> Iterator[ConsoleSocket]:
    """Somebody at the VM's console who has been greeted."""
    url = f"{server.url.replace('http', 'ws', 1)}/ws/console/{vm_id}?{query}"
    with connect(url, max_size=None, open_timeout=PATIENCE_S, compression=None) as socket:
        client = ConsoleSocket(socket)
        client.until_hello()
        yield client
