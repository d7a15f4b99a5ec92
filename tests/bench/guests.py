"""Real guests: how soon a death is seen, what the server adds to a start, and how long adoption takes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import orjson
from websockets.sync.client import ClientConnection, connect

from tests.bench.client import Client, Request
from tests.bench.console import measure_console
from tests.bench.result import Result, Say, line, median, p99
from tests.real.server import Server, is_alive, real_server, wait_until

DEATHS = 20
STARTS = 7
ADOPTED = 10


def measure_guests(say: Say) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as name, real_server(Path(name) / "data") as server:
        vm_id = server.create(name="bench", stopped=True, memory=128)
        results = [*_starts(server, vm_id), *_deaths(server, vm_id), *_echoes(server)]
        results += _adoption(server, vm_id)
    for result in results:
        say(line(result))
    return results


def _starts(server: Server, vm_id: str) -> list[Result]:
    """In turn: the server's own start, and the same command line by hand."""
    ours, bare = [], []
    client, start = Client(server), Request.of("documented", "StartVm", {"id": vm_id})
    for _ in range(1 + STARTS):
        began = time.perf_counter()
        client.send(start)
        ours.append((time.perf_counter() - began) * 1000)
        server.done("StopVm", vm_id)
        server.until(vm_id, status="stopped")
        bare.append(_by_hand(server.run_dir(vm_id)))
    added = median(ours[1:]) - median(bare[1:])
    return [
        Result("guests", "StartVm until answered, p50", median(ours[1:]), "ms"),
        Result("guests", "the same command line by hand until QMP answers, p50", median(bare[1:]), "ms"),
        Result("guests", "what the server adds to a start", added, "ms", 150),
    ]


def _by_hand(folder: Path) -> float:
    argv = json.loads((folder / "qemu.argv.json").read_text())
    argv = argv["argv"] if isinstance(argv, dict) else argv
    for leftover in folder.glob("*.sock"):
        leftover.unlink()
    began = time.perf_counter()
    process = subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_qmp(folder)
        return (time.perf_counter() - began) * 1000
    finally:
        process.kill()
        process.wait()


def _wait_for_qmp(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(10_000):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as qmp:
                qmp.connect("qmp.sock")
                if b"QMP" in qmp.recv(4096):
                    return
            time.sleep(0.001)
        raise RuntimeError("QMP never answered")
    finally:
        os.chdir(here)


def _deaths(server: Server, vm_id: str) -> list[Result]:
    late = []
    with connect(f"ws://127.0.0.1:{server.port}/ws/status", max_size=None) as watching:
        for _ in range(DEATHS):
            server.done("StartVm", vm_id)
            pid = wait_until("the pid", lambda: server.pid(vm_id)) or 0
            began = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            _row_of_an_end(watching, vm_id)
            late.append((time.perf_counter() - began) * 1000)
            server.done("StopVm", vm_id)
    return [
        Result("guests", f"QEMU killed → row at the websocket, p50 of {DEATHS}", median(late), "ms"),
        Result("guests", f"QEMU killed → row at the websocket, slowest of {DEATHS}", p99(late), "ms", 100),
    ]


def _row_of_an_end(watching: ClientConnection, vm_id: str) -> None:
    """Read until told that the VM ended just now, not of an earlier end."""
    began_ms = time.time() * 1000 - 50
    while True:
        message = orjson.loads(watching.recv(timeout=30))
        rows = message["vms"] if message["type"] == "rows" else ()
        if any(row["id"] == vm_id and (row["exited_at"] or 0) >= began_ms for row in rows):
            return


def _echoes(server: Server) -> list[Result]:
    own, ours, beside = measure_console(server)
    for vm in server.post("Status").json()["vms"]:
        if vm["status"] == "running":
            server.done("RemoveVm", vm["id"])
    return [
        *(
            Result("console", f"echo of a key, {each.way}, p99", each.p99, "ms")
            for each in (own, ours, beside)
        ),
        Result("console", "what the server adds at p99", ours.p99 - own.p99, "ms", 30),
    ]


def _adoption(server: Server, vm_id: str) -> list[Result]:
    """Ready again after kill -9 with ten guests, compared with none."""
    server.done("RemoveVm", vm_id)
    empty = [_ready_again(server) for _ in range(3)]
    ids = [server.create(name=f"guest-{number}", memory=128) for number in range(ADOPTED)]
    for each_id in ids:
        # Ten that boot take all of both cores, whoever looks at them.
        server.until(each_id, boot_progress="done", timeout_s=300)
    # One that boots takes a whole core under TCG, and so would take the server's.
    wait_until("ten guests that have booted", lambda: _booted(server) == ADOPTED, 300)
    full = [_ready_again(server) for _ in range(3)]
    pids = [server.pid(each) for each in ids]
    assert all(pid and is_alive(pid) for pid in pids)
    each = (median(full) - median(empty)) / ADOPTED
    return [
        Result("guests", f"killed and ready again with {ADOPTED} guests", median(full), "ms"),
        Result("guests", "the same with none", median(empty), "ms"),
        Result("guests", "adoption of each", each, "ms", 20),
    ]


def _booted(server: Server) -> int:
    return sum(vm["boot_progress"] == "done" for vm in server.post("Status").json()["vms"])


def _ready_again(server: Server) -> float:
    server.kill()
    began = time.perf_counter()
    server.start()
    return (time.perf_counter() - began) * 1000
