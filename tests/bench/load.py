"""Many clients that cost next to nothing: requests as bytes over plain sockets, kept open."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass

from tests.bench.client import Request
from tests.bench.result import median, p99

WARM_UP = 30


@dataclass(frozen=True)
class Load:
    """Requests a second of all clients together, and the times of each in ms."""

    per_second: float
    p50_ms: float
    p99_ms: float


class RawClient:
    """One connection. Understands answers with a Content-Length, which all of ours have."""

    def __init__(self, port: int, request: Request) -> None:
        lines = [f"POST {request.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(request.body)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        self._bytes = "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)

    def ask(self) -> None:
        self._socket.sendall(self._bytes)
        head = self._read_head()
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        left = length - self._read_beyond
        while left > 0:
            left -= self._socket.recv_into(self._buffer)

    def close(self) -> None:
        self._socket.close()

    def _read_head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := self._socket.recv(65536)):
                raise ConnectionError("the server closed the connection")
            head += piece
        end = head.index(b"\r\n\r\n") + 4
        self._read_beyond = len(head) - end
        return head[:end]


def load(port: int, request: Request, clients: int, seconds: float) -> Load:
    """Ask again and again for so long, each client its next once it has its answer."""
    times: list[list[float]] = []
    ready = threading.Barrier(clients + 1)
    spans: list[float] = []

    def work() -> None:
        client, mine = RawClient(port, request), []
        for _ in range(max(1, WARM_UP // clients)):
            client.ask()
        ready.wait()
        began = last = time.perf_counter()
        while last - began < seconds:
            client.ask()
            now = time.perf_counter()
            mine.append((now - last) * 1000)
            last = now
        spans.append(last - began)
        client.close()
        times.append(mine)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    for thread in threads:
        thread.join()
    every = [each for mine in times for each in mine]
    return Load(len(every) / max(spans), median(every), p99(every))
