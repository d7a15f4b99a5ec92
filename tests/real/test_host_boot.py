"""The host is started anew, with everything on it: guests that should run do so again, in order."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.real.server import Server, is_alive, wait_until

pytestmark = pytest.mark.real


def power_off_the_host(server: Server) -> None:
    """All processes are gone at once, none has written anything down, and the next boot has another id."""
    server.kill()
    for pid in server.qemus():
        shim = int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
        assert shim > 1
        os.kill(shim, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        wait_until("QEMU is gone", lambda pid=pid: not is_alive(pid))  # type: ignore[misc]
    for directory in (server.data / "vm").iterdir():
        for trace in ("qemu.exit", "exit-reason.json"):
            (directory / trace).unlink(missing_ok=True)
        note = directory / "launch.json"
        if note.exists():
            note.write_text(json.dumps(json.loads(note.read_text()) | {"boot_id": "the boot before"}))
    with closing(sqlite3.connect(server.data / "vmm.sqlite3")) as database, database:
        database.execute("UPDATE vms_node SET boot_id = 'the boot before'")


def test_guests_that_ran_run_again_and_the_others_stay_off(server: Server) -> None:
    runs = [server.create(name=f"vm-{n}", memory=128) for n in range(3)]
    stopped = server.create(name="stopped", memory=128)
    server.done("StopVm", stopped)
    power_off_the_host(server)
    server.start()
    for vm_id in runs:
        server.until(vm_id, status="running", boot_error="")
        wait_until("its QEMU runs", lambda vm_id=vm_id: server.pid(vm_id))  # type: ignore[misc]
        events = server.events(vm_id)
        assert ("host.exited", "host-reboot") in events
    again = [
        next(body for name, body in server.events(vm_id) if name == "host.restart" and "anew" in body)
        for vm_id in runs
    ]
    assert again == [f"the host was started anew; number {n} to start" for n in (1, 2, 3)]
    assert server.info(stopped)["status"] == "stopped"
    assert server.pid(stopped) is None
    assert len(server.qemus()) == 3
