"""Requests: what was promised of Version, GetInfo, Status and CreateVm."""

from __future__ import annotations

from tests.bench.client import Client, Request, throughput
from tests.bench.creating import Creating
from tests.bench.fleet import fleet
from tests.bench.load import Load, load
from tests.bench.result import Result, Say, line, median
from tests.real.server import Server

ROUNDS = 3
ROUND_S = 2.0
CLIENTS = 16
CREATES = 150


def measure_speed(say: Say) -> list[Result]:
    """All of them; several rounds, in turn, medians."""
    results = [*_of_twenty(), *_of_a_thousand(), *_of_pages(), *_creating()]
    for result in results:
        say(line(result))
    return results


def _both(server: Server, request: Request) -> tuple[Load, Load]:
    """The rounds' medians of one client, and of sixteen."""
    ones = [load(server.port, request, 1, ROUND_S / 2) for _ in range(ROUNDS)]
    many = [load(server.port, request, CLIENTS, ROUND_S) for _ in range(ROUNDS)]
    return _middle(ones), _middle(many)


def _middle(loads: list[Load]) -> Load:
    return Load(*(median([getattr(each, name) for each in loads]) for name in Load.__annotations__))


def _of_twenty() -> list[Result]:
    results = []
    with fleet(20) as server:
        first = Client(server).ask("Status", {"brief": True})["vms"][0]["id"]
        for method, values in (("Version", {}), ("GetInfo", {"id": first}), ("Status", {"brief": True})):
            for encoding in ("documented", "binary"):
                one, many = _both(server, Request.of(encoding, method, values))
                name = f"{method} of 20 VMs, {_words(encoding)}"
                results += [
                    Result(
                        "requests", f"{name}, {CLIENTS} clients", many.per_second, "/s", 900, at_least=True
                    ),
                    Result("requests", f"{name}, one client, p50", one.p50_ms, "ms", 3),
                ]
    return results


def _of_a_thousand() -> list[Result]:
    results = []
    with fleet(1000) as server:
        for encoding in ("documented", "binary"):
            one, many = _both(server, Request.of(encoding, "Status", {"brief": True}))
            name = f"Status of 1,000 VMs, {_words(encoding)}"
            results += [
                Result("requests", f"{name}, {CLIENTS} clients", many.per_second, "/s", 400, at_least=True),
                Result("requests", f"{name}, one client, p50", one.p50_ms, "ms", 6),
            ]
    return results


def _of_pages() -> list[Result]:
    page = Request.of("documented", "Status", {"brief": True, "page": 1, "page_size": 50})
    with fleet(100) as small, fleet(10_000) as large:
        times: dict[Server, list[float]] = {small: [], large: []}
        for _ in range(ROUNDS):
            for server, mine in times.items():
                mine.append(load(server.port, page, 1, ROUND_S).p50_ms)
    ratio = median(times[large]) / median(times[small])
    return [
        Result("requests", "page of 50 of 100 VMs, p50", median(times[small]), "ms"),
        Result("requests", "page of 50 of 10,000 VMs, p50", median(times[large]), "ms"),
        Result("requests", "the latter to the former", ratio, "x", 1.5),
    ]


def _creating() -> list[Result]:
    with fleet(0) as server:
        creating = Creating(server.image)
        rates = [
            throughput(server, lambda: creating.request("documented"), CREATES, 60) for _ in range(1 + ROUNDS)
        ]
    return [Result("requests", "CreateVm (stopped), 8 clients", median(rates[1:]), "/s", 150, at_least=True)]


def _words(encoding: str) -> str:
    return "protobuf" if encoding == "binary" else "JSON"
