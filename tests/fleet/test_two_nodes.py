"""Two servers on one PostgreSQL and one Redis: one fleet, each acting on its own virtual machines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import websockets

from tests.fleet.fleet import Fleet
from tests.real.server import Server, wait_until

pytestmark = pytest.mark.real


async def hear(node: Server, act: Callable[[], str], status: str) -> list[dict[str, Any]]:
    """What a page of that node is told, from before ``act`` until its VM is in that status."""
    told: list[dict[str, Any]] = []
    address = f"ws://127.0.0.1:{node.port}/ws/status"
    async with websockets.connect(address, max_size=None) as page, asyncio.timeout(120):
        json.loads(await page.recv())
        acting = asyncio.create_task(asyncio.to_thread(act))
        vm_id = ""
        async for frame in page:
            vm_id = vm_id or (acting.result() if acting.done() else "")
            told += json.loads(frame).get("vms", [])
            if any(row["id"] == vm_id and row["status"] == status for row in told):
                return told
    raise AssertionError("the page was closed")


async def test_what_is_made_through_one_is_seen_on_the_other(fleet: Fleet) -> None:
    a, b = fleet.node("a"), fleet.node("b")
    await asyncio.to_thread(a.start)
    await asyncio.to_thread(b.start)

    told = await hear(b, lambda: a.create(name="of-a"), "running")
    assert {row["name"] for row in told} == {"of-a"}
    vm_id = told[0]["id"]

    listed = b.post("Status").json()["vms"]
    assert [vm["id"] for vm in listed] == [vm_id]
    assert await asyncio.to_thread(a.pid, vm_id)
    assert await asyncio.to_thread(b.qemus) == []  # B's worker leaves it alone

    # B is asked, and A's worker acts: it is woken through Redis.
    await asyncio.to_thread(b.done, "StopVm", vm_id)
    await asyncio.to_thread(wait_until, "QEMU's end", lambda: a.pid(vm_id) is None)
    assert b.info(vm_id)["status"] == "stopped"


def test_a_name_is_one_node_s(fleet: Fleet) -> None:
    a = fleet.node("a")
    a.start()
    other = fleet.node("b", VMM_NODE_NAME="a")
    other.launch()
    assert other.process is not None
    assert other.process.wait(timeout=60) == 1
    said = other.log.read_text()
    assert "node_name 'a' is another node's" in said
    assert a.url in said
    assert a.post("Status").status_code == 200


def test_a_copied_data_folder_is_noticed(fleet: Fleet) -> None:
    a = fleet.node("a")
    a.start()
    copy = fleet.node("copy", VMM_NODE_NAME="a")
    (copy.data / "node-id").write_bytes((a.data / "node-id").read_bytes())
    copy.launch()
    assert copy.process is not None
    assert copy.process.wait(timeout=60) == 1
    assert "was the data folder copied?" in copy.log.read_text()
    assert a.post("Status").status_code == 200


def test_a_node_that_was_killed_takes_its_post_again(fleet: Fleet) -> None:
    a = fleet.node("a")
    a.start()
    vm_id = a.create(stopped=True)
    a.kill()
    a.launch()
    wait_until("the lease to end", a._is_ready, 60)
    assert "waiting for its lease to end" in a.log.read_text()
    assert a.info(vm_id)["status"] == "stopped"
