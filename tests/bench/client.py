"""One keep-alive connection that asks in any of the three encodings, and what many of them measure."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.message_factory import GetMessageClass

from tests.prpc.wire import SENDING, SERVICE
from tests.real.server import Server

CLIENTS = 8
ALONE_S, TOGETHER_S = 2.0, 2.0
"""How long one kind of request is measured at most, by one client and by eight."""


@dataclass(frozen=True)
class Request:
    """A method's request as bytes, and how they are sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, encoding: str, method: str, values: dict[str, Any]) -> Request:
        how = SENDING[encoding]
        if encoding == "binary":
            body = GetMessageClass(SERVICE.methods_by_name[method].input_type)(**values).SerializeToString()
        else:
            body = orjson.dumps(values)
        return cls(method, f"/prpc/{method}{how.query}", {"Content-Type": how.content_type}, body)


@dataclass(frozen=True)
class Figure:
    """One kind of request: times in milliseconds of one client, requests a second of eight, size in bytes."""

    median_ms: float
    p99_ms: float
    per_second: float
    size: int


class Client:
    """One keep-alive connection."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def send(self, request: Request) -> bytes:
        self._connection.request("POST", request.path, request.body, request.headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in (200, 204):
            raise RuntimeError(f"{request.method}: {response.status} {answer[:300]!r}")
        return answer

    def ask(self, method: str, values: dict[str, Any]) -> Any:
        """The answer in JSON."""
        return orjson.loads(self.send(Request.of("documented", method, values)))


def measure(server: Server, make: Callable[[], Request], rounds: int) -> Figure:
    """Latency of one client alone, then throughput of eight; ``make`` gives each request."""
    client = Client(server)
    size = len(client.send(make()))
    times: list[float] = []
    ends = time.perf_counter() + ALONE_S
    while len(times) < rounds and (time.perf_counter() < ends or len(times) < 3):
        request = make()
        began = time.perf_counter()
        client.send(request)
        times.append((time.perf_counter() - began) * 1000)
    rate = throughput(server, make, rounds, TOGETHER_S)
    times.sort()
    return Figure(statistics.median(times), times[int(len(times) * 0.99)], rate, size)


def throughput(server: Server, make: Callable[[], Request], requests: int, most_s: float) -> float:
    """Requests per second of eight clients at once, until so many are done or the time is over."""
    left = iter(range(requests))
    lock = threading.Lock()
    done: list[int] = []
    began = time.perf_counter()

    def work() -> None:
        client = Client(server)
        count = 0
        while time.perf_counter() - began < most_s:
            with lock:
                if next(left, None) is None:
                    break
                request = make()
            client.send(request)
            count += 1
        done.append(count)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)
