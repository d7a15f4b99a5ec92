"""Many browsers that watch while VMs change: how late they hear, what it costs, and whether all hear all."""

from __future__ import annotations

import asyncio
import time
from itertools import count

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.sync.client import connect as connect_at_once

from tests.bench.client import Client, Request
from tests.bench.fleet import fleet
from tests.bench.process import cpu_s
from tests.bench.result import Result, Say, line, median, p99
from tests.real.server import Server

VMS = 50
SECONDS = 8.0
CONNECTING_AT_ONCE = 20
WAIT_S = 30
"""How long the last rows may be on their way before they count as lost."""
_memories = count(1000)
Revisions = dict[str, int]


class Watcher:
    """One websocket; ``heard`` has (VM, its memory, when) of every row, ``known`` the newest revisions."""

    def __init__(self, connection: ClientConnection) -> None:
        self.heard: list[tuple[str, int, float]] = []
        self.known: Revisions = {}
        self._connection = connection

    async def close(self) -> None:
        await self._connection.close()

    async def listen(self) -> None:
        async for frame in self._connection:
            now = time.perf_counter()
            message = orjson.loads(frame)
            for row in message.get("vms", ()):
                self.known[row["id"]] = row["revision"]
                if message["type"] == "rows":
                    self.heard.append((row["id"], row["memory"], now))


def measure_watchers(say: Say) -> list[Result]:
    results = []
    with fleet(VMS) as server:
        alone = asyncio.run(_round(server, 0, 50))
        results.append(Result("watchers", "50 changes/s, nobody watches: CPU", alone.cores, "cores"))
        for watchers, changes, late_ms, cores in ((200, 50, 30.0, 0.6), (1000, 10, None, None)):
            one = asyncio.run(_round(server, watchers, changes))
            name = f"{watchers:,} watchers, {changes} changes/s"
            results += [
                Result("watchers", f"{name}: change asked for → row, p50", one.p50_ms, "ms"),
                Result("watchers", f"{name}: change answered → row, p99", one.p99_ms, "ms", late_ms),
                Result("watchers", f"{name}: CPU", one.cores, "cores", None),
                Result("watchers", f"{name}: CPU above nobody's", one.cores - alone.cores, "cores", cores),
                Result("watchers", f"{name}: rows not heard in the end", one.lost, "", 0),
            ]
    for result in results:
        say(line(result))
    return results


class _Round:
    def __init__(self, late: list[float], after: list[float], cores: float, lost: int) -> None:
        self.p50_ms = median(late) if late else 0.0
        self.p99_ms = p99(after) if after else 0.0
        self.cores = cores
        self.lost = lost


async def _round(server: Server, watchers: int, per_second: int) -> _Round:
    watching = await _connect(server, watchers)
    listening = [asyncio.create_task(watcher.listen()) for watcher in watching]
    await asyncio.sleep(1)
    before = cpu_s(server)
    began = time.perf_counter()
    asked = await asyncio.to_thread(_change, server, per_second)
    cores = (cpu_s(server) - before) / (time.perf_counter() - began)
    truth = await asyncio.to_thread(_revisions, server)
    lost = 0
    for _ in range(WAIT_S):
        lost = sum(each.known.get(vm) != revision for each in watching for vm, revision in truth.items())
        if not lost:
            break
        await asyncio.sleep(1)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    await asyncio.gather(*(watcher.close() for watcher in watching))
    late, after = [], []
    for watcher in watching:
        told = set()
        for vm, memory, heard_at in watcher.heard:
            if (vm, memory) in asked and (vm, memory) not in told:
                told.add((vm, memory))
                sent_at, answered_at = asked[vm, memory]
                late.append((heard_at - sent_at) * 1000)
                after.append((heard_at - answered_at) * 1000)
    return _Round(late, after, cores, lost)


async def _connect(server: Server, count: int) -> list[Watcher]:
    url = f"ws://127.0.0.1:{server.port}/ws/status"
    watchers: list[Watcher] = []
    while len(watchers) < count:
        some = min(CONNECTING_AT_ONCE, count - len(watchers))
        opened = await asyncio.gather(
            *(connect(url, max_size=None, compression=None, ping_interval=None) for _ in range(some))
        )
        watchers += [Watcher(connection) for connection in opened]
    return watchers


def _change(server: Server, per_second: int) -> dict[tuple[str, int], tuple[float, float]]:
    """Resize VMs in turn, so many a second, each to a memory of its own; when asked and when answered."""
    client = Client(server)
    vms = list(_revisions(server))
    asked = {}
    began = time.perf_counter()
    for number in range(int(per_second * SECONDS)):
        time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        vm, memory = vms[number % len(vms)], next(_memories)
        sent_at = time.perf_counter()
        client.send(Request.of("documented", "ResizeVm", {"id": vm, "memory": memory}))
        asked[vm, memory] = (sent_at, time.perf_counter())
    return asked


def _revisions(server: Server) -> Revisions:
    """The revision of every VM, as a newcomer is told."""

    with connect_at_once(f"ws://127.0.0.1:{server.port}/ws/status", max_size=None) as socket:
        return {row["id"]: row["revision"] for row in orjson.loads(socket.recv())["vms"]}
