"""``/ws/figures`` of VMs on several nodes: one websocket tells of all that its watcher may see."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.access.team import Person, join
from tests.across.pair import Pair
from tests.live.test_figures_socket import Chart, later
from vms.choices import Role
from vms.database import in_database
from vms.figures.board import board
from vms.fleet import figures as of_others
from vms.live import figures
from vms.worker.sample import Sampler


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads by himself here; the other node makes its figures up."""

    async def nothing(sampler: Sampler, now: float) -> None:
        pass

    monkeypatch.setattr(Sampler, "turn", nothing)
    monkeypatch.setattr(figures, "SUBSCRIBE_PAUSE_S", 0)
    monkeypatch.setattr(of_others, "RETRY_S", 0.1)


@contextlib.asynccontextmanager
async def chart(who: Person) -> AsyncIterator[Chart]:
    opened = Chart(who.websocket_headers)
    assert await opened.socket.connect(timeout=10) == (True, None)
    try:
        yield opened
    finally:
        await opened.socket.disconnect(timeout=10)


async def until(client: Chart, kind: str, vm_id: str) -> Any:
    """The next history or point of that VM."""
    while True:
        frame = await client.next()
        if frame["type"] == kind and (frame.get("vm") == vm_id or vm_id in (frame.get("vms") or {})):
            return frame


async def test_one_websocket_tells_of_vms_here_and_there(pair: Pair) -> None:
    admin, there = await join(pair.here, "root", Role.ADMIN), (await pair.vm()).path.name
    here = await admin.create(name="here", stopped=True)
    board.add_vm(here, later(1, cpu_s=0.0))
    async with chart(admin) as client:
        await client.watch(here, there)
        histories = {frame["vm"] for frame in [await client.next(), await until(client, "history", there)]}
        assert histories >= {here}
        assert (await until(client, "points", there))["vms"][there][0] % 10_000 == 0
        board.add_vm(here, later(2, cpu_s=5.0))
        assert (await until(client, "points", here))["vms"][here][1] == 0.5
        another = (await pair.vm()).path.name
        await client.watch(another)
        await until(client, "points", another)


async def test_a_node_that_comes_back_goes_on_telling(pair: Pair) -> None:
    olga, there = await join(pair.here, "olga", Role.OPERATOR), (await pair.vm()).path.name
    async with chart(olga) as client:
        await client.watch(there)
        await until(client, "points", there)
        pair.there.kill()
        pair.there.start()
        await until(client, "history", there)
        await until(client, "points", there)


async def test_a_member_is_told_of_their_own_vms_there_and_of_no_others(pair: Pair) -> None:
    ada = await join(pair.here, "ada", Role.MEMBER)
    own = (await pair.vm(owner=await in_database(User.objects.get, pk=ada.user_id))).path.name
    secret = (await pair.vm()).path.name
    async with chart(ada) as client:
        await client.watch(own, secret)
        assert await client.next() == {"type": "unknown", "vms": [secret]}
        await until(client, "points", own)
