"""The server ends and another begins, of this version or another, while real guests run on."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.real.server import Server, wait_until

pytestmark = pytest.mark.real
NOTES = ("launch.json", "vm-manifest.json", "vm-state.json")
SOCKETS = 50


def in_background(call: Callable[[], httpx.Response]) -> Callable[[], httpx.Response]:
    """Begin a request; what is returned waits for its answer."""
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()

    def answer() -> httpx.Response:
        thread.join(60)
        assert answers, "the connection was cut"
        return answers[0]

    return answer


def test_nobody_is_cut_off_and_the_next_server_begins_at_once(server: Server) -> None:
    runs = server.create(name="runs")
    pid = server.pid(runs)
    waits = server.create(name="waits", stopped=True)

    async def end_with_sockets_open() -> tuple[list[ConnectionClosed], httpx.Response]:
        sockets = [
            await connect(f"ws://127.0.0.1:{server.port}/ws/status", proxy=None) for _ in range(SOCKETS)
        ]
        starting = in_background(lambda: server.post("StartVm", {"id": waits}))
        await asyncio.to_thread(wait_until, "a QEMU begins", lambda: server.pid(waits))
        assert server.process is not None
        server.process.terminate()
        return [await _closed(socket) for socket in sockets], await asyncio.to_thread(starting)

    async def _closed(socket: Any) -> ConnectionClosed:
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed

    closed, started = asyncio.run(end_with_sockets_open())
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert {(end.rcvd.code, end.rcvd.reason) for end in closed if end.rcvd} == {
        (1001, "the server is ending; connect again")
    }
    assert all(end.rcvd for end in closed)
    assert started.status_code in (204, 504), started.text

    server.start()
    assert server.pid(runs) == pid
    server.until(waits, status="running")
    assert len(server.qemus()) == 2


def test_an_older_server_takes_over_what_a_newer_one_left(server: Server) -> None:
    """Fields that it doesn't know, in files and in the database, are left alone and harm nothing."""
    vm_id, pid = _one_that_runs(server)
    assert server.end() == 0
    for name in NOTES:
        _change(server.run_dir(vm_id) / name, lambda note: note | {"of_a_newer_version": {"a": [1]}})
    with closing(sqlite3.connect(server.data / "vmm.sqlite3")) as database, database:
        database.execute("ALTER TABLE vms_vm ADD COLUMN newer TEXT NOT NULL DEFAULT 'x'")
        database.execute("CREATE TABLE vms_newer (id INTEGER PRIMARY KEY)")
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('vms', '9999_newer', '2030-01-01')"
        )
    server.start()
    assert server.pid(vm_id) == pid
    _can_still_be_steered(server, vm_id)


def test_a_newer_server_takes_over_what_an_older_one_left(server: Server) -> None:
    """The tables of the version before, and notes without what came later."""
    vm_id, pid = _one_that_runs(server)
    assert server.end() == 0
    server.manage("migrate", "vms", "0011")
    _change(server.run_dir(vm_id) / "launch.json", lambda note: note | {"started_at_ms": None})
    server.manage("migrate", "--no-input")
    server.start()
    assert server.pid(vm_id) == pid
    _can_still_be_steered(server, vm_id)


def _one_that_runs(server: Server) -> tuple[str, int | None]:
    vm_id = server.create(memory=128)
    return vm_id, server.pid(vm_id)


def _can_still_be_steered(server: Server, vm_id: str) -> None:
    assert server.info(vm_id)["status"] == "running"
    server.done("StopVm", vm_id)
    server.done("StartVm", vm_id)
    server.create(name="another", stopped=True)
    server.done("RemoveVm", vm_id)


def _change(file: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
