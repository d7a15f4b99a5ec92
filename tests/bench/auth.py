"""``script/bench auth``: Status without authentication, with a token, and with a browser's session.

Two servers, one without and one with authentication, side by side with the same VMs; they are
asked in turn, again and again, so that whatever else the machine does hits all of them. What
counts is the CPU time of a request in the round that was disturbed least: one process serves, so
its speed is the inverse of that. Requests a second are medians.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from tests.bench.client import CLIENTS, Request, throughput
from tests.bench.process import cpu_s
from tests.real.people import PASSWORD, populate
from tests.real.server import Server

VMS = 20
ROUNDS = 7
ROUND_S = 2.0
WANTED = 0.9
"""Of the throughput without a login: what must be left with one."""


def measure_auth(say: Callable[[str], None]) -> None:
    """The whole comparison, told line by line."""
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as name:
        folder = Path(name)
        with (
            _started(folder / "open", login=False) as (opened, _),
            _started(folder / "closed", login=True) as (closed, token),
        ):
            plain = Request.of("documented", "Status", {"brief": True})
            ways = {
                "off": (opened, plain),
                "token": (closed, _with(plain, {"Authorization": f"Bearer {token}"})),
                "session": (closed, _with(plain, _session(closed))),
            }
            costs: dict[str, list[float]] = {way: [] for way in ways}
            rates: dict[str, list[float]] = {way: [] for way in ways}
            for number in range(1 + ROUNDS):
                for way, (server, request) in ways.items():
                    rate, cost = _asked(server, request)
                    if number > 0:  # before that, it warms up
                        rates[way].append(rate)
                        costs[way].append(cost)
    say(f"Status, brief, of {VMS} VMs, asked by {CLIENTS} clients; {ROUNDS} rounds")
    say(f"{'authentication':14} {'Status/s':>9} {'CPU':>11} {'speed':>7}")
    base = min(costs["off"])
    for way in ways:
        cost = min(costs[way])
        verdict = "" if base / cost >= WANTED else f"   below {WANTED}"
        say(f"{way:14} {statistics.median(rates[way]):9.0f} {cost * 1e3:8.2f} ms {base / cost:7.2f}{verdict}")


def _asked(server: Server, request: Request) -> tuple[float, float]:
    """Requests a second, and the server's CPU seconds for each: these tell the same on a busy machine."""
    before, began = cpu_s(server), time.perf_counter()
    rate = throughput(server, lambda: request, 1 << 40, ROUND_S)
    requests = rate * (time.perf_counter() - began)
    return rate, (cpu_s(server) - before) / requests


@contextmanager
def _started(data: Path, *, login: bool) -> Iterator[tuple[Server, str]]:
    """A server with its VMs, and an admin's token."""
    server = Server(data)
    token = populate(server)["ada"]
    try:
        server.start()
        for number in range(VMS):
            server.create(name=f"bench-{number}", stopped=True)
        if login:
            server.end()
            server.environment["VMM_AUTH__ENABLED"] = "true"
            server.start()
        yield server, token
    finally:
        server.clean_up()


def _with(request: Request, headers: dict[str, str]) -> Request:
    return replace(request, headers=request.headers | headers)


def _session(server: Server) -> dict[str, str]:
    """The headers of a browser in which an admin has logged in."""
    with httpx.Client(base_url=server.url) as browser:
        browser.get("/login/")
        csrf = browser.cookies["csrftoken"]
        form = {"name": "ada", "password": PASSWORD, "csrfmiddlewaretoken": csrf}
        browser.post("/login/", data=form)
        csrf = browser.cookies["csrftoken"]
        cookies = f"sessionid={browser.cookies['sessionid']}; csrftoken={csrf}"
        return {"Cookie": cookies, "X-CSRFToken": csrf}
