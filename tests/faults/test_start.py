"""Between the start of a server and its worker's first heartbeat."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.faults.executioner import FIRED, HELD
from tests.faults.server import FaultServer
from tests.real.server import wait_until


@pytest.fixture
def server(tmp_path: Path) -> FaultServer:
    return FaultServer(tmp_path / "data", fake=True)


def test_a_heartbeat_that_a_killed_server_left_promises_nothing(server: FaultServer) -> None:
    """Found by the matrix: healthz said 200, and the request after it was refused with 503."""
    try:
        server.start()
        server.kill()
        (server.data / HELD).write_text("start.registering")
        server.launch()
        wait_until("the worker is held up", (server.data / FIRED).exists)
        health = httpx.get(f"{server.url}/healthz")
        assert (health.status_code, health.json()["worker"]) == (503, "not ready")
        (server.data / FIRED).unlink()
        wait_until("it works", lambda: httpx.get(f"{server.url}/healthz").status_code == 200)
    finally:
        server.clean_up()
