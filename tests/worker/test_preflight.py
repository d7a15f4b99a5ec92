"""The server's own look at its host."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tests.rows import make_node
from tests.waiting import eventually
from vms.conf import conf
from vms.database import in_database
from vms.models import Node
from vms.preflight import catalogue
from vms.preflight.check import Check
from vms.preflight.finding import Ability, Outcome, note, ok, problem
from vms.selectors.node import this_node
from vms.worker import preflight


class Changing:
    """Checks whose outcome a test changes."""

    def __init__(self) -> None:
        self.bridge: Outcome = problem("br0 is down", "sudo ip link set br0 up")
        self.asked = 0

    def look(self, host: object) -> Outcome:
        self.asked += 1
        return self.bridge

    def checks(self) -> list[Check]:
        return [
            Check("qemu.program", "QEMU", "QEMU", lambda host: ok("well")),
            Check("network.bridge", "Networks", "bridge", self.look, (Ability.BRIDGE,)),
            Check("memory.hugepages", "Devices", "huge pages", lambda host: note("none reserved")),
        ]


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> Changing:
    changing = Changing()
    monkeypatch.setattr(catalogue, "quick", changing.checks)
    return changing


@pytest.fixture
def node(transactional_db: None) -> Node:
    return make_node(conf().effective_node_name)


async def test_what_is_not_ok_is_kept_with_the_node_and_its_time(node: Node, changing: Changing) -> None:
    await preflight.look(node.pk)
    row: Any = await in_database(this_node, with_findings=True)
    assert [(one["id"], one["level"], one["affects"]) for one in row.findings] == [
        ("network.bridge", "problem", ["bridge networks"]),
        ("memory.hugepages", "note", ["the server"]),
    ]
    assert row.findings_at_ms > 0


async def test_what_was_mended_is_forgotten(node: Node, changing: Changing) -> None:
    await preflight.look(node.pk)
    changing.bridge = ok("br0 is up")
    await preflight.look(node.pk)
    row: Any = await in_database(this_node, with_findings=True)
    assert [one["id"] for one in row.findings] == ["memory.hugepages"]


async def test_each_finding_is_a_line_of_the_log_once(
    node: Node, changing: Changing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "INTERVAL_S", 0)
    caplog.set_level(logging.INFO, "vms.worker.preflight")
    watching = asyncio.create_task(preflight.watch_host(node.pk))
    await eventually(lambda: changing.asked >= 3)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("ERROR", "network.bridge: br0 is down; sudo ip link set br0 up"),
        ("INFO", "memory.hugepages: none reserved"),
    ]


async def test_a_look_that_fails_is_told_and_tried_again(
    node: Node, changing: Changing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "INTERVAL_S", 0.01)
    failures = iter([OSError("the disk is away")])
    real = preflight.look

    async def failing_once(node_id: int) -> Any:
        for failure in failures:
            raise failure
        return await real(node_id)

    monkeypatch.setattr(preflight, "look", failing_once)
    watching = asyncio.create_task(preflight.watch_host(node.pk))
    await eventually(lambda: changing.asked >= 1)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert "this host could not be looked at" in caplog.text
