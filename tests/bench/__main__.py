"""``script/bench``: how fast the API answers, measured on a real server over real HTTP.

Figures are medians of one run on one machine: compare within a run, by the ratio to
``Version`` (the cheapest request there is), not between machines.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.server import Server, real_server

COMPOSE = json.dumps(
    {
        "manifest_version": 2,
        "name": "bench",
        "runner": "docker-compose",
        "docker_compose_file": "services: {}\n" * 40,
    }
)


@dataclass(frozen=True)
class Figure:
    """One kind of request: times in milliseconds, size in bytes."""

    name: str
    median_ms: float
    p99_ms: float
    per_second: float
    size: int


class Client:
    """One keep-alive connection."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def post(self, method: str, request: object) -> bytes:
        body = json.dumps(request).encode()
        self._connection.request("POST", f"/prpc/{method}", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in (200, 204):
            raise RuntimeError(f"{method}: {response.status} {answer[:300]!r}")
        return answer


def measure(server: Server, name: str, method: str, request: object, rounds: int) -> Figure:
    """Latency of one client alone, then throughput of eight."""
    client = Client(server)
    size = len(client.post(method, request))
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        client.post(method, request)
        times.append((time.perf_counter() - began) * 1000)
    rate = throughput(server, lambda one, _: one.post(method, request), clients=8, requests=rounds)
    times.sort()
    return Figure(name, statistics.median(times), times[int(len(times) * 0.99)], rate, size)


def throughput(server: Server, ask: Callable[[Client, int], object], *, clients: int, requests: int) -> float:
    """Requests per second of so many clients at once."""
    numbers = iter(range(requests))
    lock = threading.Lock()

    def work() -> None:
        client = Client(server)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            ask(client, number)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return requests / (time.perf_counter() - began)


def fill(server: Server, count: int) -> float:
    """Create so many stopped VMs through the API; how many a second."""

    def create(client: Client, number: int) -> None:
        client.post(
            "CreateVm",
            {
                "name": f"bench-{number:05}",
                "image": server.image,
                "compose_file": COMPOSE,
                "vcpu": 1,
                "memory": 512,
                "disk_size": 10,
                "stopped": True,
                "ports": [{"protocol": "tcp", "host_port": 1 + number, "vm_port": 80}],
            },
        )

    return throughput(server, create, clients=8, requests=count)


@contextmanager
def started(vms: int) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="vmm-bench-") as folder,
        real_server(Path(folder) / "data") as server,
    ):
        server.end()
        server.environment["VMM_CVM__CID_POOL_SIZE"] = str(max(vms, 1000))
        server.start()
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--vms", type=int, default=1000, help="stopped VMs to list (1000)")
    parser.add_argument("--rounds", type=int, default=100, help="requests of each kind (100)")
    options = parser.parse_args()
    with started(options.vms) as server:
        created = fill(server, options.vms)
        print(f"CreateVm (stopped), 8 clients: {created:.0f}/s")
        client = Client(server)
        one = json.loads(client.post("Status", {"brief": True}))["vms"][0]["id"]
        everything = options.vms
        figures = [
            measure(server, "Version", "Version", {}, options.rounds * 3),
            measure(server, "GetInfo", "GetInfo", {"id": one}, options.rounds * 3),
            measure(
                server,
                "Status brief, page of 20",
                "Status",
                {"brief": True, "page": 1, "page_size": 20},
                options.rounds,
            ),
            measure(server, f"Status brief, all {everything}", "Status", {"brief": True}, options.rounds),
            measure(server, f"Status full, all {everything}", "Status", {}, options.rounds),
            measure(
                server,
                "Status brief, keyword",
                "Status",
                {"brief": True, "keyword": "bench-00001"},
                options.rounds,
            ),
        ]
        base = figures[0].median_ms
        print(f"\n{'request':32} {'median':>9} {'ratio':>7} {'p99':>9} {'8 clients':>11} {'size':>10}")
        for figure in figures:
            print(
                f"{figure.name:32} {figure.median_ms:6.1f} ms {figure.median_ms / base:6.1f}x "
                f"{figure.p99_ms:6.1f} ms {figure.per_second:8.0f}/s {figure.size:8} B"
            )
        began = time.perf_counter()
        server.kill()
        server.start()
        print(f"\nkilled and ready again with {everything} VMs: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
