"""kill -9 of the server at any time: every guest goes on, none is started twice, nothing is lost."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.real.server import Server, is_alive, wait_until

pytestmark = pytest.mark.real


def start_ticks(pid: int) -> str:
    """When the process started: with the pid, what no other process ever has."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]


def test_guests_keep_pid_and_uptime_over_a_killed_server(server: Server) -> None:
    ids = [server.create(name=f"vm-{n}") for n in range(3)]
    before = {vm_id: (server.pid(vm_id), start_ticks(server.pid(vm_id) or 0)) for vm_id in ids}
    time.sleep(2)
    server.kill()
    server.start()
    for vm_id in ids:
        info = server.info(vm_id)
        pid = server.pid(vm_id)
        assert info["status"] == "running"
        assert (pid, start_ticks(pid or 0)) == before[vm_id]
        assert info["uptime"] not in ("0s", "1s")
    assert sorted(server.qemus()) == sorted(pid for pid, _ in before.values() if pid)


def test_exits_while_the_server_was_down_are_reported_with_their_reason(server: Server) -> None:
    killed, stopped, lives = (server.create(name=name) for name in ("killed", "stopped", "lives"))
    server.until(stopped, boot_progress="done")
    pids = {vm_id: server.pid(vm_id) for vm_id in (killed, stopped, lives)}
    server.kill()
    os.kill(pids[killed] or 0, 9)
    os.kill(pids[stopped] or 0, 15)
    wait_until("both are gone", lambda: not any(is_alive(pids[vm_id] or 0) for vm_id in (killed, stopped)))
    server.start()
    assert server.info(lives)["status"] == "running"
    assert server.pid(lives) == pids[lives]
    ended = {vm_id: dict(server.events(vm_id))["host.exited"] for vm_id in (killed, stopped)}
    assert ended[killed].startswith("killed, code 137")
    assert ended[stopped].split(",")[0] in ("host-signal", "error"), ended[stopped]


@pytest.mark.parametrize("seed", range(3))
def test_a_server_killed_in_the_middle_of_anything_finds_its_way(server: Server, seed: int) -> None:
    """Four clients keep asking for everything while the server is killed at random moments."""
    rng = random.Random(seed)
    stop = threading.Event()
    clients = [
        threading.Thread(target=_ask_for_anything, args=(server, rng.random(), stop)) for _ in range(4)
    ]
    for client in clients:
        client.start()
    try:
        for _ in range(4):
            time.sleep(rng.uniform(0.1, 2.5))
            server.kill()
            server.start()
    finally:
        stop.set()
        for client in clients:
            client.join()
    _settled(server)


def _ask_for_anything(server: Server, seed: float, stop: threading.Event) -> None:
    rng = random.Random(seed)
    while not stop.is_set():
        try:
            ids = [vm["id"] for vm in server.post("Status", {"brief": True}).json()["vms"]]
            if not ids or (len(ids) < 6 and rng.random() < 0.4):
                server.create(name="any", memory=128, stopped=rng.random() < 0.2)
            else:
                method = rng.choice(["StartVm", "StopVm", "StopVm", "ShutdownVm", "RemoveVm"])
                server.post(method, {"id": rng.choice(ids)})
        except (httpx.TransportError, AssertionError, ValueError):
            time.sleep(0.05)


def _settled(server: Server) -> None:
    """Force what was only asked to power off, then wait until the three truths agree."""
    for vm in server.post("Status", {"brief": True}).json()["vms"]:
        if vm["status"] == "stopping":
            server.done("StopVm", vm["id"])
    wait_until("database, disk and processes agree", lambda: _agree(server), 60)


def _agree(server: Server) -> bool:
    vms = server.post("Status", {"brief": True}).json()["vms"]
    running = [server.pid(vm["id"]) for vm in vms if vm["status"] == "running"]
    return (
        {vm["status"] for vm in vms} <= {"running", "stopped", "exited"}
        and {vm["id"] for vm in vms} == {path.name for path in (server.data / "vm").iterdir()}
        and None not in running
        and sorted(server.qemus()) == sorted(pid for pid in running if pid is not None)
    )
