"""``script/bench [what]``: how fast a real server is, and what things cost.

``promises`` measures all that docs/performance.md promises and writes a report; ``speed``,
``watchers``, ``guests``, ``memory`` and ``logs`` are its parts. ``api`` is a table of every kind of
request in every encoding; ``auth`` what a login costs, ``pull`` images, ``hostile`` a guest that was
taken over.

Figures are medians of one run on one machine: compare within a run, by the ratio to
``Version`` (the cheapest request there is), not between machines.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.auth import measure_auth
from tests.bench.client import CLIENTS, Client, Figure, Request, measure, throughput
from tests.bench.creating import Creating
from tests.bench.guests import measure_guests
from tests.bench.hostile import measure_hostile
from tests.bench.logs import measure_logs
from tests.bench.memory import measure_memory
from tests.bench.pull import measure_pull
from tests.bench.result import Result, Say, machine, write
from tests.bench.speed import measure_speed
from tests.bench.watchers import measure_watchers
from tests.prpc.wire import ENCODINGS
from tests.real.server import Server, real_server

REPORTS = Path(__file__).resolve().parent.parent.parent / "docs" / "reports"
CREATES = 30
"""How many CreateVm of each encoding are timed, of those that fill the list."""
HEADING = (
    f"{'request':34} {'encoding':>10} {'p50':>10} {'p99':>10} {'ratio':>7} {'8 clients':>11} {'size':>11}"
)


@contextmanager
def started(vms: int) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="vmm-bench-") as folder,
        real_server(Path(folder) / "data") as server,
    ):
        server.end()
        server.environment["VMM_CVM__CID_POOL_SIZE"] = str(max(vms + 1000, 1000))
        server.start()
        yield server


def fill(server: Server, creating: Creating, wanted: int) -> None:
    """Create VMs through the API until there are so many."""
    there = Client(server).ask("Status", {"brief": True, "page": 1, "page_size": 1})["total"]
    if there < wanted:
        rate = throughput(server, lambda: creating.request("documented"), wanted - there, 3600)
        print(f"\nfilled to {wanted} VMs: {rate:.0f} CreateVm/s by {CLIENTS} clients")


def reads(server: Server) -> list[tuple[str, str, dict[str, Any]]]:
    """What is asked of a list of this size: name, method, request."""
    first = Client(server).ask("Status", {"brief": True, "page": 1, "page_size": 1})["vms"][0]
    page = {"page": 1, "page_size": 20}
    return [
        ("Version", "Version", {}),
        ("GetInfo", "GetInfo", {"id": first["id"]}),
        ("Status brief, page of 20", "Status", {"brief": True, **page}),
        ("Status full, page of 20", "Status", page),
        ("Status brief, keyword", "Status", {"brief": True, "keyword": first["name"]}),
        ("Status brief, all", "Status", {"brief": True}),
        ("Status full, all", "Status", {}),
    ]


def show(name: str, encoding: str, figure: Figure, base_ms: float) -> None:
    print(
        f"{name:26} {encoding:>10} {figure.median_ms:7.1f} ms {figure.p99_ms:7.1f} ms "
        f"{figure.median_ms / base_ms:6.1f}x {figure.per_second:9.0f}/s {figure.size:9} B",
        flush=True,
    )


def measure_size(server: Server, creating: Creating, rounds: int) -> None:
    """Every kind of request in every encoding, at the number of VMs there are now."""
    print(HEADING)
    base_ms = 0.0
    for name, method, values in reads(server):
        for encoding in ENCODINGS:
            figure = measure(server, _always(Request.of(encoding, method, values)), rounds)
            base_ms = base_ms or figure.median_ms
            show(name, encoding, figure, base_ms)
    for encoding in ENCODINGS:
        figure = measure(server, lambda: creating.request(encoding), CREATES)  # noqa: B023 (called within)
        show("CreateVm (stopped)", encoding, figure, base_ms)


def _always(request: Request) -> Callable[[], Request]:
    return lambda: request


def _say(text: str) -> None:
    print(text, flush=True)


_PARTS: dict[str, Callable[[Say], list[Result]]] = {
    "speed": measure_speed,
    "watchers": measure_watchers,
    "guests": measure_guests,
    "memory": measure_memory,
    "logs": measure_logs,
}
_OTHERS: dict[str, Callable[[argparse.Namespace], None]] = {
    "auth": lambda _: measure_auth(_say),
    "pull": lambda options: measure_pull(options.layer_mib << 20, _say),
    "hostile": lambda options: measure_hostile(options.flood_mib, _say),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("api", *_PARTS, "promises", *_OTHERS), default="api")
    parser.add_argument("--vms", default="20,1000", help="sizes of the list, rising (20,1000; up to 19000)")
    parser.add_argument("--rounds", type=int, default=200, help="requests of each kind at most (200)")
    parser.add_argument("--layer-mib", type=int, default=1024, help="how large the pulled image is (1024)")
    parser.add_argument("--flood-mib", type=int, default=1024, help="how much a guest floods (1024)")
    options = parser.parse_args()
    if options.what == "promises":
        host = machine()
        results = [result for measure_part in _PARTS.values() for result in measure_part(_say)]
        _say(f"written to {write(REPORTS, host, results)}")
        return
    if options.what in _PARTS:
        _PARTS[options.what](_say)
        return
    if options.what in _OTHERS:
        _OTHERS[options.what](options)
        return
    sizes = sorted(int(size) for size in options.vms.split(","))
    with started(sizes[-1]) as server:
        creating = Creating(server.image)
        for size in sizes:
            fill(server, creating, size)
            measure_size(server, creating, options.rounds)
        began = time.perf_counter()
        server.kill()
        server.start()
        print(f"\nkilled and ready again with {sizes[-1]} VMs: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
