"""A real server looks at its real host by itself, and doctor sees the server."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

from tests.real.server import ROOT, Server, wait_until
from vms.preflight.catalogue import quick

pytestmark = pytest.mark.real


def findings(server: Server) -> list[dict[str, object]] | None:
    with sqlite3.connect(server.data / "vmm.sqlite3") as database:
        row = database.execute("SELECT findings, findings_at_ms FROM vms_node").fetchone()
    return json.loads(row[0]) if row and row[1] else None


def test_a_server_notes_what_its_host_lacks(server: Server) -> None:
    wait_until("findings", lambda: findings(server) is not None)
    told = findings(server)
    assert told is not None
    assert {one["id"] for one in told} <= {check.id for check in quick()}
    assert "ok" not in {one["level"] for one in told}
    log = server.log.read_text()
    assert [one["id"] for one in told if f"{one['id']}: " not in log] == []


def test_beside_a_running_server_doctor_takes_its_address_for_its_own(server: Server) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--only", "server.address"],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"127.0.0.1:{server.port}: the server runs" in done.stdout
