"""``/ws/status``: a snapshot, then whole rows as they change, to our own pages only."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.live.browser import Browser, browser
from tests.waiting import eventually
from vms.actions.change import change
from vms.database import in_database
from vms.live import bus, status, telling
from vms.live import hub as hub_module
from vms.live.hub import hub
from vms.selectors.sight import Sight


async def touch(vm_id: str, progress: str) -> int:
    """Change a row; its new revision."""
    changed = await in_database(lambda: change(vm_id, lambda vm: {"boot_progress": progress}))
    assert changed is not None
    return changed.revision


async def test_a_snapshot_tells_of_the_node_and_all_vms(vmm: InProcess) -> None:
    first, second = await vmm.create(name="first"), await vmm.create(name="second", stopped=True)
    async with browser() as watcher:
        [snapshot] = watcher.frames
    assert [(row["id"], row["status"]) for row in snapshot["vms"]] == [
        (first, "running"),
        (second, "stopped"),
    ]
    assert watcher.node["accelerator"] == "tcg"


async def test_every_change_comes_and_the_last_is_what_the_database_says(vmm: InProcess) -> None:
    async with browser() as watcher:
        vm_id = await vmm.create()
        vm = await vmm.row(vm_id)
        assert vm is not None
        await watcher.until(vm_id, vm.revision)
        assert watcher.rows[vm_id]["status"] == "running"
        await vmm.call("RemoveVm", {"id": vm_id})
        await watcher.until(vm_id, None)


async def test_replaying_all_frames_gives_a_fresh_snapshot(vmm: InProcess) -> None:
    async with browser() as watcher:
        ids = [await vmm.create(name=f"vm-{number}") for number in range(2)]
        await vmm.call("StopVm", {"id": ids[0]})
        await vmm.call("UpgradeApp", {"id": ids[0], "user_config": "x"})
        removed = await vmm.create(stopped=True)
        await vmm.call("RemoveVm", {"id": removed})
        await vmm.until(removed, lambda vm: vm is None)
        await vmm.until(ids[0], lambda vm: vm is not None and vm.prepared)
        async with browser() as fresh:
            for vm_id, row in fresh.rows.items():
                await watcher.until(vm_id, row["revision"])
            await watcher.until(removed, None)
            assert watcher.rows == fresh.rows


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:12000")],
        [(b"host", b"127.0.0.1:12000"), (b"origin", b"http://127.0.0.1:12000")],
        [(b"host", b"[::1]:12000"), (b"origin", b"http://[::1]:12000")],
    ],
)
async def test_programs_and_our_own_pages_may_watch(
    vmm: InProcess, headers: list[tuple[bytes, bytes]]
) -> None:
    async with browser(headers) as watcher:
        assert watcher.rows == {}


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:12000"), (b"origin", b"http://evil.example")],
        [(b"host", b"localhost:12000"), (b"origin", b"http://localhost:3000")],
        [(b"host", b"localhost:12000"), (b"origin", b"null")],
        [(b"host", b"localhost:12000"), (b"origin", b"http://[")],
        [(b"host", b"evil.example:12000"), (b"origin", b"http://evil.example:12000")],
        [(b"host", b"evil.example")],
        [(b"host", b"")],
        [(b"origin", b"null")],
    ],
)
async def test_other_sites_and_other_names_may_not(
    vmm: InProcess, headers: list[tuple[bytes, bytes]]
) -> None:
    accepted, code = await Browser(headers).socket.connect(timeout=10)
    assert (accepted, code) == (False, 4403)


async def test_through_a_unix_socket_any_name_will_do_but_no_other_site(vmm: InProcess) -> None:
    by_name = Browser([(b"host", b"2f72756e2f766d6d")], by_unix_socket=True)
    assert await by_name.socket.connect(timeout=10) == (True, None)
    await by_name.socket.disconnect(timeout=10)
    foreign = Browser([(b"host", b"x"), (b"origin", b"http://evil.example")], by_unix_socket=True)
    assert await foreign.socket.connect(timeout=10) == (False, 4403)


async def test_a_ping_is_answered(vmm: InProcess) -> None:
    async with browser() as watcher:
        await watcher.socket.send_to(text_data="anything")
        assert await watcher.next() == {"type": "pong"}


async def test_a_slow_client_gets_only_the_newest_row_of_each_vm(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await vmm.create(stopped=True) for _ in range(2)]
    room = asyncio.Event()
    send = status.StatusConsumer.send

    async def slow(self: Any, *args: Any, **kwargs: Any) -> None:
        await room.wait()
        await send(self, *args, **kwargs)

    async with browser() as watcher:
        monkeypatch.setattr(status.StatusConsumer, "send", slow)
        first = await touch(ids[0], "blocks the socket")
        await asyncio.sleep(0.05)
        newest: list[int] = []
        for number in range(50):
            newest = [await touch(vm_id, f"step {number}") for vm_id in ids]
        await eventually(lambda: hub._known.get(ids[1]) == newest[1])
        room.set()
        await watcher.until(ids[0], newest[0])
        await watcher.until(ids[1], newest[1])
        told = [[row["revision"] for row in frame["vms"]] for frame in watcher.frames[1:]]
        assert told == [[first], newest]


async def test_a_client_that_reads_nothing_is_closed_at_the_bound(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create(stopped=True)
    watcher = Browser()
    await watcher.socket.connect()
    await watcher.next()
    before = len(hub._watchers)
    monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 2000)
    for number in range(20):
        await touch(vm_id, str(number))
        await asyncio.sleep(0.01)
    await eventually(lambda: len(hub._watchers) == before - 1)
    while (output := await watcher.socket.receive_output(timeout=10))["type"] == "websocket.send":
        pass
    assert (output["type"], output["code"]) == ("websocket.close", telling.TOO_SLOW)
    await watcher.socket.disconnect()


async def test_a_client_that_pings_is_never_too_slow(vmm: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    vm_id = await vmm.create(stopped=True)
    async with browser() as watcher:
        monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 2000)
        monkeypatch.setattr(telling, "PONG_INTERVAL_S", 0)
        for number in range(20):
            await watcher.until(vm_id, await touch(vm_id, str(number)))
            await watcher.socket.send_to(text_data="ping")
            assert await watcher.next() == {"type": "pong"}


async def test_who_leaves_is_forgotten(vmm: InProcess) -> None:
    async with browser():
        assert len(hub._watchers) == 1
    assert hub._watchers == set()


async def test_dropped_messages_are_repaired(vmm: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, removed = await vmm.create(stopped=True), await vmm.create(stopped=True)
    async with browser() as watcher:
        with monkeypatch.context() as dropping:
            dropping.setattr(bus, "broadcast", lambda message: None)
            newest = await touch(kept, "unheard")
            await vmm.call("RemoveVm", {"id": removed})
            await vmm.until(removed, lambda vm: vm is None)
        await hub._compare()
        await watcher.until(kept, newest)
        await watcher.until(removed, None)


async def test_a_newcomer_s_snapshot_does_not_hide_what_others_missed(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create(stopped=True)
    async with browser() as first:
        with monkeypatch.context() as dropping:
            dropping.setattr(bus, "broadcast", lambda message: None)
            newest = await touch(vm_id, "unheard")
        async with browser() as second:
            assert second.rows[vm_id]["revision"] == newest
            await hub._compare()
            async with asyncio.timeout(5):
                await first.until(vm_id, newest)


async def test_a_broken_database_closes_the_socket_so_that_the_client_comes_again(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(sight: Sight) -> None:
        raise RuntimeError("database is locked")

    monkeypatch.setattr("vms.selectors.watch.watch_rows", failing)
    watcher = Browser()
    await watcher.socket.connect()
    output = await watcher.socket.receive_output(timeout=10)
    assert (output["type"], output["code"]) == ("websocket.close", telling.FAILED)
    await watcher.socket.disconnect()
    assert "database is locked" in caplog.text


async def test_two_hundred_watchers_all_end_up_with_the_same_rows(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "REPAIR_INTERVAL_S", 1000)
    ids = [await vmm.create(stopped=True) for _ in range(3)]
    async with contextlib.AsyncExitStack() as stack:
        watchers = [await stack.enter_async_context(browser()) for _ in range(200)]
        newest: dict[str, int] = {}
        for number in range(5):
            newest = {vm_id: await touch(vm_id, f"step {number}") for vm_id in ids}
        for watcher in watchers:
            for vm_id, revision in newest.items():
                await watcher.until(vm_id, revision)
        known = [{vm_id: row["boot_progress"] for vm_id, row in w.rows.items()} for w in watchers]
    assert known == [dict.fromkeys(ids, "step 4")] * 200


async def test_a_flood_of_pings_earns_one_pong(vmm: InProcess) -> None:
    async with browser() as watcher:
        for _ in range(50):
            await watcher.socket.send_to(text_data="ping")
        vm_id = await vmm.create(stopped=True)
        heard = [await watcher.next() for _ in range(2)]
        assert [frame["type"] for frame in heard] == ["pong", "rows"]
        assert heard[1]["vms"][0]["id"] == vm_id
