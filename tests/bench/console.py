"""What a console costs: how long a key takes to a real guest and back, by the websocket and without it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from tests.real.console_socket import ConsoleSocket, console_socket
from tests.real.server import Server

KEYS = 200
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Echo:
    """Milliseconds from a key to its echo."""

    way: str
    p50: float
    p99: float


def measure_console(server: Server) -> Iterator[Echo]:
    """Echo of single keys by a shell: of the guest itself, and through the websocket.

    The difference of the two is what the server adds. The guest's own is that of QEMU's pipe and log.
    """
    vm_id = server.create()
    server.until(vm_id, boot_progress="done")
    run_dir = server.run_dir(vm_id)
    with console_socket(server, vm_id) as client:
        client.run("true")
        yield _echo("the guest's own", lambda: _by_hand(run_dir))
        client.run("true")
        yield _echo("websocket", lambda: _by_websocket(client))
    with _who_does_not_read(server, vm_id), console_socket(server, vm_id) as client:
        client.run("true")
        yield _echo("websocket, beside one who does not read", lambda: _by_websocket(client))


def _who_does_not_read(server: Server, vm_id: str) -> ClientConnection:
    url = f"{server.url.replace('http', 'ws', 1)}/ws/console/{vm_id}"
    return connect(url, max_queue=1, ping_interval=None, close_timeout=0.1, compression=None)


def _echo(way: str, press: Callable[[], None]) -> Echo:
    times = []
    for _ in range(KEYS):
        began = time.perf_counter()
        press()
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    return Echo(way, statistics.median(times), sorted(times)[int(KEYS * 0.99) - 1])


def _by_hand(run_dir: Path) -> None:
    log = run_dir / "serial.log"
    before, deadline = log.stat().st_size, time.monotonic() + PATIENCE_S
    with (run_dir / "serial.in").open("r+b", buffering=0) as keyboard:
        keyboard.write(b"x")
    while log.stat().st_size == before:
        assert time.monotonic() < deadline, "the guest echoes nothing"


def _by_websocket(client: ConsoleSocket) -> None:
    before = client.position
    client.socket.send(b"x")
    while client.position == before:
        client.next()
