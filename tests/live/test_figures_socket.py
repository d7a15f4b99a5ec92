"""``/ws/figures``: an hour of history, then points as they come, bounded in every direction."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from channels.testing import WebsocketCommunicator

from tests.figures.test_points import FIRST, HOST
from tests.in_process import InProcess
from tests.live.browser import LOCAL
from tests.waiting import eventually
from vmm_site.asgi import application
from vms.figures.board import NODE, board
from vms.figures.points import NodePoint, VmPoint
from vms.figures.readings import VmReading
from vms.live import figures, telling
from vms.live.figures import NotUnderstood, Watch, read_message
from vms.worker.sample import Sampler


class Chart:
    """A browser's end."""

    def __init__(self, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        self.socket = WebsocketCommunicator(application, "/ws/figures", headers=headers or LOCAL)
        self.socket.scope["client"] = ["127.0.0.1", 40_000]

    async def watch(self, *vms: str, node: bool = False) -> None:
        await self.say({"type": "watch", "vms": list(vms), "node": node})

    async def say(self, message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=10))
        return frame


@contextlib.asynccontextmanager
async def chart() -> AsyncIterator[Chart]:
    opened = Chart()
    assert await opened.socket.connect(timeout=10) == (True, None)
    try:
        yield opened
    finally:
        await opened.socket.disconnect(timeout=10)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads by himself: the tests put on the board what is to be seen."""

    async def nothing(sampler: Sampler, now: float) -> None:
        pass

    monkeypatch.setattr(Sampler, "turn", nothing)
    monkeypatch.setattr(figures, "SUBSCRIBE_PAUSE_S", 0)


def later(number: int, **changed: Any) -> VmReading:
    """The reading of ten seconds later, ``number`` times."""
    return replace(FIRST, at_ms=number * 10_000, taken_s=number * 10.0, **changed)


async def test_history_comes_first_then_what_is_read(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    board.add_vm(vm_id, later(1, cpu_s=0.0))
    board.add_vm(vm_id, later(2, cpu_s=5.0))
    async with chart() as watcher:
        await watcher.watch(vm_id)
        told = await watcher.next()
        assert (told["type"], told["vm"]) == ("history", vm_id)
        assert told["columns"] == ["at", *VmPoint._fields]
        assert [point[:3] for point in told["points"]] == [[10_000, None, None], [20_000, 0.5, 0.25]]
        board.add_vm(vm_id, later(3, cpu_s=15.0))
        live = await watcher.next()
        assert (live["type"], live["node"]) == ("points", None)
        assert [vm for vm in live["vms"]] == [vm_id]
        assert live["vms"][vm_id][:3] == [30_000, 1, 0.5]
        assert len(live["vms"][vm_id]) == len(told["columns"])


async def test_the_node_and_several_vms_can_be_watched_at_once(vmm: InProcess) -> None:
    ids = sorted([await vmm.create(), await vmm.create()])
    board.add_node(HOST)
    async with chart() as watcher:
        await watcher.watch(*ids, node=True)
        told = [await watcher.next() for _ in range(3)]
        assert [frame["vm"] for frame in told] == [None, *ids]
        assert told[0]["columns"] == ["at", *NodePoint._fields]
        assert told[0]["points"][-1][told[0]["columns"].index("running_vms")] == HOST.running_vms
        assert all(board.is_watched(key) for key in (NODE, *ids))


async def test_a_new_subscription_replaces_the_old_one_and_tells_only_what_is_new(vmm: InProcess) -> None:
    first, second, third = [await vmm.create() for _ in range(3)]
    async with chart() as watcher:
        await watcher.watch(first, second)
        await watcher.next()
        await watcher.next()
        await watcher.watch(second, third)
        assert (await watcher.next())["vm"] == third
        assert [board.is_watched(vm_id) for vm_id in (first, second, third)] == [False, True, True]


async def test_what_is_watched_is_read_sooner_and_no_more_once_nobody_does(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    async with chart() as one, chart() as other:
        for watcher in (one, other):
            await watcher.watch(vm_id)
            await watcher.next()
        await one.socket.disconnect(timeout=10)
        assert board.is_watched(vm_id)
    await eventually(lambda: not board.is_watched(vm_id))
    assert board._watchers == {}


async def test_ids_that_no_vm_has_are_named(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    async with chart() as watcher:
        await watcher.watch("../../etc", vm_id, "", "\0")
        assert await watcher.next() == {"type": "unknown", "vms": ["../../etc", "\0"]}
        assert (await watcher.next())["vm"] == vm_id
        assert not board.is_watched("../../etc")


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "send"),
        ("[]", "send"),
        ("null", "send"),
        ("{", "send"),
        ('{"type": "wach"}', "send"),
        ('{"type": []}', "send"),
        ('{"type": "watch", "vms": "x"}', "vms: must be a list"),
        ('{"type": "watch", "vms": [1]}', "vms: must be a list"),
        ('{"type": "watch", "node": 1}', "node: must be true or false"),
        (json.dumps({"type": "watch", "vms": ["x"] * 65}), "at most 64"),
        (json.dumps({"type": "watch", "vms": ["x" * 20_000]}), "longer than 16384"),
        ("[" * 10_000, "send"),
    ],
)
def test_what_is_no_subscription_is_refused_with_what_one_is(text: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read_message(text)


def test_a_subscription_may_leave_out_what_it_does_not_want() -> None:
    assert read_message('{"type": "watch"}') == Watch()
    assert read_message('{"type": "watch", "vms": ["a", "a"], "more": 1}') == Watch(("a",), False)
    assert read_message('{"type": "ping"}') is None


async def test_a_refused_message_changes_nothing(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    async with chart() as watcher:
        await watcher.watch(vm_id)
        await watcher.next()
        await watcher.say({"type": "watch", "vms": 5})
        assert (await watcher.next())["type"] == "refused"
        await watcher.socket.send_to(bytes_data=b"\xff\x00")
        assert board.is_watched(vm_id)


async def test_pings_are_answered(vmm: InProcess) -> None:
    async with chart() as watcher:
        await watcher.say({"type": "ping"})
        assert await watcher.next() == {"type": "pong"}


async def test_a_slow_client_gets_only_the_newest_point_of_each(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create()
    room = asyncio.Event()
    send = figures.FiguresConsumer.send

    async def slow(self: Any, *args: Any, **kwargs: Any) -> None:
        await room.wait()
        await send(self, *args, **kwargs)

    async with chart() as watcher:
        await watcher.watch(vm_id)
        await watcher.next()
        monkeypatch.setattr(figures.FiguresConsumer, "send", slow)
        board.add_vm(vm_id, later(1))
        await asyncio.sleep(0.05)
        for number in range(2, 50):
            board.add_vm(vm_id, later(number))
        room.set()
        told = [(await watcher.next())["vms"][vm_id][0] for _ in range(2)]
        assert told == [10_000, 490_000]


async def test_a_client_that_reads_nothing_is_closed_at_the_bound(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create()
    watcher = Chart()
    await watcher.socket.connect()
    await watcher.watch(vm_id)
    await watcher.next()
    monkeypatch.setattr(telling, "MAX_UNREAD_BYTES", 2000)
    for number in range(60):
        board.add_vm(vm_id, later(number))
        await asyncio.sleep(0.01)
    await eventually(lambda: not board.is_watched(vm_id))
    while (output := await watcher.socket.receive_output(timeout=10))["type"] == "websocket.send":
        pass
    assert (output["type"], output["code"]) == ("websocket.close", telling.TOO_SLOW)
    await watcher.socket.disconnect()


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:12000"), (b"origin", b"http://evil.example")],
        [(b"host", b"evil.example")],
    ],
)
async def test_other_sites_may_not_watch(vmm: InProcess, headers: list[tuple[bytes, bytes]]) -> None:
    assert await Chart(headers).socket.connect(timeout=10) == (False, 4403)


async def test_an_hour_of_history_is_a_frame_of_bounded_size(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    for number in range(1, 400):
        board.add_vm(vm_id, later(number, cpu_s=number / 7, memory_bytes=2**38 + number))
    frame = figures.history(vm_id)
    assert len(orjson.loads(frame)["points"]) == 360
    assert len(frame) < 64_000
