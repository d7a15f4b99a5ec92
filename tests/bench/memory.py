"""Memory of the server by the number of VMs, each listed once in every way."""

from __future__ import annotations

import time

from websockets.sync.client import connect

from tests.bench.client import Client, Request
from tests.bench.fleet import fleet
from tests.bench.process import resident
from tests.bench.result import Result, Say, line

SIZES = (0, 100, 1_000, 10_000)
SETTLE_S = 2.0


def measure_memory(say: Say) -> list[Result]:
    held: dict[int, float] = {}
    for vms in SIZES:
        with fleet(vms) as server:
            client = Client(server)
            for encoding in ("documented", "binary"):
                for brief in (True, False):
                    client.send(Request.of(encoding, "Status", {"brief": brief}))
            with connect(f"ws://127.0.0.1:{server.port}/ws/status", max_size=None) as socket:
                socket.recv()
            time.sleep(SETTLE_S)
            held[vms] = resident(server) / 1024
    results = [Result("memory", f"server with {vms:,} VMs", kib / 1024, "MiB") for vms, kib in held.items()]
    each = (held[SIZES[-1]] - held[0]) / SIZES[-1]
    results.append(Result("memory", f"for each of {SIZES[-1]:,} VMs", each, "KB", 100))
    for result in results:
        say(line(result))
    return results
