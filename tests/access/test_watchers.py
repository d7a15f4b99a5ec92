"""Each row and point is told to those who may see it now, and to nobody else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.access.people import with_login
from tests.access.team import Person, join
from tests.access.watching import touch
from tests.figures.test_points import FIRST, HOST
from tests.in_process import InProcess
from tests.live.browser import Browser, browser
from tests.live.test_figures_socket import Chart
from vms.actions import ownership
from vms.choices import Role
from vms.database import in_database
from vms.figures.board import NODE, board
from vms.live import figures
from vms.live.hub import hub
from vms.models import Node
from vms.worker.sample import Sampler


@pytest.fixture
def guarded(vmm: InProcess, settings: Any) -> InProcess:
    """The server, with authentication on."""
    settings.VMM = with_login()
    return vmm


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads figures by himself."""

    async def nothing(sampler: Sampler, now: float) -> None:
        pass

    monkeypatch.setattr(Sampler, "turn", nothing)
    monkeypatch.setattr(figures, "SUBSCRIBE_PAUSE_S", 0)


@contextlib.asynccontextmanager
async def chart(who: Person) -> AsyncIterator[Chart]:
    opened = Chart(who.websocket_headers)
    assert await opened.socket.connect(timeout=10) == (True, None)
    try:
        yield opened
    finally:
        await opened.socket.disconnect(timeout=10)


async def test_a_snapshot_and_what_follows_tell_members_of_their_own(guarded: InProcess) -> None:
    ada, eve = await join(guarded, "ada"), await join(guarded, "eve")
    hers, others = await ada.create(stopped=True), await eve.create(name="secret-name", stopped=True)
    async with browser(ada.websocket_headers) as watcher:
        assert list(watcher.rows) == [hers]
        for number in range(3):
            await touch(others, f"step {number}")
        gone = await eve.create(name="secret-name", stopped=True)
        await eve.call("RemoveVm", {"id": gone})
        await guarded.until(gone, lambda vm: vm is None)
        await watcher.until(hers, await touch(hers, "mine"))
        told = json.dumps(watcher.frames)
    assert others not in told
    assert gone not in told
    assert "secret-name" not in told


async def test_seers_are_told_of_all(guarded: InProcess) -> None:
    ada, viewer = await join(guarded, "ada"), await join(guarded, "viewer", Role.VIEWER)
    first = await ada.create(stopped=True)
    async with browser(viewer.websocket_headers) as watcher:
        assert watcher.rows[first]["owner_id"] == ada.user_id
        second = await ada.create(stopped=True)
        await watcher.until(second, 1)


async def test_a_vm_that_changes_hands_goes_from_one_watcher_to_the_other(guarded: InProcess) -> None:
    ada, eve = await join(guarded, "ada"), await join(guarded, "eve")
    vm_id = await ada.create(stopped=True)
    async with browser(ada.websocket_headers) as hers, browser(eve.websocket_headers) as his:
        assert list(hers.rows) == [vm_id]
        assert list(his.rows) == []
        given = await in_database(ownership.give, vm_id, "eve")
        await his.until(vm_id, given.revision)
        await hers.until(vm_id, None)
        back = await in_database(ownership.give, vm_id, "")
        await his.until(vm_id, None)
        assert back.owner is None


async def test_a_row_that_goes_away_before_it_was_told_is_never_told(guarded: InProcess) -> None:
    """Given away between two frames: neither the row, nor that it is gone."""
    ada = await join(guarded, "ada")
    own = await ada.create(stopped=True)
    watcher = Browser(ada.websocket_headers)
    await watcher.socket.connect(timeout=10)
    await watcher.next_images()
    [consumer] = hub._watchers
    consumer.row("another", ada.user_id, 1, '{"id": "another", "revision": 1}')
    consumer.row("another", None, 2, '{"id": "another", "revision": 2}')
    await watcher.until(own, await touch(own, "news"))
    assert all("another" not in json.dumps(frame) for frame in watcher.frames)
    await watcher.socket.disconnect(timeout=10)


async def test_what_the_host_lacks_is_for_those_who_see_the_node(guarded: InProcess) -> None:
    finding = {"check": "kvm", "level": "bad", "detail": "/dev/kvm"}
    await in_database(lambda: Node.objects.update(findings=[finding], findings_at_ms=5))
    for role in Role:
        who = await join(guarded, str(role), role)
        async with browser(who.websocket_headers) as watcher:
            seen = [] if role == Role.MEMBER else [finding]
            assert watcher.node["findings"] == seen
            assert watcher.node["findings_at_ms"] == (5 if seen else 0)


async def test_figures_of_others_vms_are_those_of_no_vm(guarded: InProcess) -> None:
    ada, eve = await join(guarded, "ada"), await join(guarded, "eve")
    hers, others = await ada.create(), await eve.create()
    board.add_vm(others, FIRST)
    async with chart(ada) as watcher:
        await watcher.watch(hers, others, "none")
        assert await watcher.next() == {"type": "unknown", "vms": [others, "none"]}
        assert (await watcher.next())["vm"] == hers
        assert not board.is_watched(others)


async def test_the_host_s_figures_are_for_those_who_see_the_node(guarded: InProcess) -> None:
    ada, viewer = await join(guarded, "ada"), await join(guarded, "viewer", Role.VIEWER)
    board.add_node(HOST)
    async with chart(ada) as hers, chart(viewer) as his:
        await hers.watch(node=True)
        assert await hers.next() == {"type": "refused", "message": figures.NODE_REFUSED}
        assert not board.is_watched(NODE)
        await his.watch(node=True)
        assert (await his.next())["type"] == "history"


async def test_points_of_a_vm_that_was_given_away_are_told_no_more(guarded: InProcess) -> None:
    ada = await join(guarded, "ada")
    await join(guarded, "eve")
    kept, given = await ada.create(), await ada.create()
    async with chart(ada) as watcher:
        await watcher.watch(kept, given)
        await watcher.next()
        await watcher.next()
        await in_database(ownership.give, given, "eve")
        board.add_vm(given, FIRST)
        assert await watcher.next() == {"type": "unknown", "vms": [given]}
        board.add_vm(kept, FIRST)
        assert list((await watcher.next())["vms"]) == [kept]
        assert not board.is_watched(given)
