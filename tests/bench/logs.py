"""How fast a log comes: the last 32 MiB of one, beside ``cat`` of the same."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from tests.bench.result import Result, Say, line, median
from tests.real.server import real_server

LINE = b"[   12.345678] a line as kernels write them, of about eighty characters in all.\n"
MIB = 1 << 20
ROUNDS = 3


def measure_logs(say: Say) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as name, real_server(Path(name) / "data") as server:
        vm_id = server.create(name="bench", stopped=True)
        log = server.run_dir(vm_id) / "serial.log"
        log.write_bytes(LINE * (32 * MIB // len(LINE)))
        rates: dict[str, list[float]] = {"ansi": [], "plain": [], "cat": []}
        for _ in range(1 + ROUNDS):
            for kind in ("ansi", "plain"):
                params = {"id": vm_id, "lines": "100000000", "ansi": str(kind == "ansi").lower()}
                began, size = time.perf_counter(), 0
                with httpx.stream("GET", f"{server.url}/logs", params=params, timeout=120) as response:
                    for piece in response.iter_raw():
                        size += len(piece)
                rates[kind].append(size / MIB / (time.perf_counter() - began))
            began = time.perf_counter()
            subprocess.run(["cat", str(log)], stdout=subprocess.DEVNULL, check=True)
            rates["cat"].append(log.stat().st_size / MIB / (time.perf_counter() - began))
    results = [
        Result("logs", "streamed as it is", median(rates["ansi"][1:]), "MiB/s"),
        Result("logs", "streamed without escape sequences", median(rates["plain"][1:]), "MiB/s"),
        Result("logs", "cat of the same", median(rates["cat"][1:]), "MiB/s"),
    ]
    for result in results:
        say(line(result))
    return results
