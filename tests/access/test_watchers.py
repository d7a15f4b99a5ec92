"""What goes on for hours: each row, point and line is told to those who may see it now, and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from tests.access.people import person, with_login
from tests.access.team import Person, join
from tests.figures.test_points import FIRST, HOST
from tests.in_process import InProcess
from tests.live.browser import LOCAL, Browser, browser
from tests.live.test_figures_socket import Chart
from tests.rows import make_vm
from tests.waiting import eventually
from vms.access import standing
from vms.access.throttle import ADDRESS_FREE
from vms.actions import ownership
from vms.actions.change import change
from vms.choices import Role
from vms.database import in_database, now_ms
from vms.figures.board import NODE, board
from vms.live import figures, guard
from vms.live.hub import hub
from vms.models import Account, ApiToken, Node
from vms.worker.sample import Sampler


@pytest.fixture
def guarded(vmm: InProcess, settings: Any, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The server with authentication on, which asks often whether its watchers may go on."""
    settings.VMM = with_login()
    monkeypatch.setattr(guard, "ASK_AGAIN_S", 0.05)
    return vmm


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads figures by himself."""

    async def nothing(sampler: Sampler, now: float) -> None:
        pass

    monkeypatch.setattr(Sampler, "turn", nothing)
    monkeypatch.setattr(figures, "SUBSCRIBE_PAUSE_S", 0)


async def touch(vm_id: str, progress: str) -> int:
    """Change a row; its new revision."""
    changed = await in_database(lambda: change(vm_id, lambda vm: {"boot_progress": progress}))
    assert changed is not None
    return changed.revision


async def closed(socket: Any) -> int:
    """The code that a websocket is closed with, whatever it is told before."""
    async with asyncio.timeout(10):
        while (output := await socket.receive_output(timeout=10))["type"] != "websocket.close":
            pass
    code: int = output["code"]
    return code


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


async def end_token(who: Person, **changed: Any) -> None:
    """As the API does it: the row is saved, in this process."""

    def save() -> None:
        token = ApiToken.objects.get(user=who.user_id)
        for name, value in changed.items():
            setattr(token, name, value)
        token.save()

    await in_database(save)


@pytest.mark.parametrize("path", ["/ws/status", "/ws/figures"])
@pytest.mark.parametrize(
    "changed, code",
    [
        ({"revoked_at_ms": 1}, 4401),
        ({"expires_at_ms": 1}, 4401),
        ({"scopes": ["LOOK"]}, 4403),
        ({"scopes": ["LOOK", "SEE_VM"]}, 4409),
    ],
    ids=str,
)
async def test_a_watcher_whose_token_ends_is_closed(
    guarded: InProcess, path: str, changed: dict[str, Any], code: int
) -> None:
    admin = await join(guarded, "root", Role.ADMIN)
    watcher = Browser(admin.websocket_headers)
    watcher.socket.scope["path"] = path
    assert await watcher.socket.connect(timeout=10) == (True, None)
    await asyncio.sleep(0.2)
    await end_token(admin, **changed)
    assert await closed(watcher.socket) == code
    await watcher.socket.disconnect(timeout=10)


async def test_a_token_that_expires_while_it_is_watched_with_ends_by_itself(guarded: InProcess) -> None:
    admin = await join(guarded, "root", Role.ADMIN)
    await end_token(admin, expires_at_ms=now_ms() + 700)
    watcher = Browser(admin.websocket_headers)
    assert await watcher.socket.connect(timeout=10) == (True, None)
    assert await closed(watcher.socket) == 4401
    await watcher.socket.disconnect(timeout=10)


async def test_what_another_process_changes_counts_as_soon(guarded: InProcess) -> None:
    """It sends no signals here, and what this process remembers for seconds doesn't help."""
    admin = await join(guarded, "root", Role.ADMIN)
    watcher = Browser(admin.websocket_headers)
    assert await watcher.socket.connect(timeout=10) == (True, None)
    assert (await admin.call("Version")).status_code == 200
    await in_database(lambda: ApiToken.objects.filter(user=admin.user_id).update(revoked_at_ms=1))
    assert (await admin.call("Version")).status_code == 200, "remembered for seconds"
    assert await closed(watcher.socket) == 4401
    await watcher.socket.disconnect(timeout=10)


async def test_who_guesses_from_the_same_address_closes_nobody_s_websocket(
    guarded: InProcess, settings: Any
) -> None:
    settings.VMM = with_login(tokens=("weak",))
    watcher = Browser([*LOCAL, (b"x-admin-token", b"weak")])
    assert await watcher.socket.connect(timeout=10) == (True, None)
    statuses = set()
    for number in range(ADDRESS_FREE + 1):
        wrong = {"x-admin-token": f"guess {number}"}
        statuses.add((await guarded.client.get("/prpc/Version", headers=wrong)).status_code)
    assert statuses == {401, 429}
    vm_id = await in_database(lambda: make_vm().pk)
    await asyncio.sleep(0.3)
    await watcher.until(vm_id, await touch(vm_id, "goes on"))
    await watcher.socket.disconnect(timeout=10)


async def test_after_a_change_of_role_no_row_is_told_that_may_not_be_seen(guarded: InProcess) -> None:
    ada, viewer = await join(guarded, "ada"), await join(guarded, "viewer", Role.VIEWER)
    vm_id = await ada.create(stopped=True)
    watcher = Browser(viewer.websocket_headers)
    await watcher.socket.connect(timeout=10)

    def demote() -> None:
        account = Account.objects.get(user=viewer.user_id)
        account.role = Role.MEMBER
        account.save()

    await in_database(demote)
    assert await closed(watcher.socket) == guard.BEGIN_ANEW
    await touch(vm_id, "secret")
    assert await watcher.socket.receive_nothing(timeout=0.2)
    await watcher.socket.disconnect(timeout=10)
    async with browser(viewer.websocket_headers) as again:
        assert again.rows == {}


@pytest.mark.parametrize("how", ["inactive", "deleted", "password"])
async def test_a_session_that_is_over_ends_its_websockets(guarded: InProcess, how: str) -> None:
    def log_in() -> str:
        client = Client()
        client.force_login(person("ada", Role.ADMIN))
        return client.cookies["sessionid"].value

    def end() -> None:
        user = User.objects.get(username="ada")
        if how == "deleted":
            user.delete()
            return
        if how == "password":
            user.set_password("another one entirely")
        user.is_active = how != "inactive"
        user.save()

    cookie = f"sessionid={await in_database(log_in)}".encode()
    watcher = Browser([*LOCAL, (b"cookie", cookie)])
    assert await watcher.socket.connect(timeout=10) == (True, None)
    await asyncio.sleep(0.1)
    await in_database(end)
    assert await closed(watcher.socket) == 4401
    await watcher.socket.disconnect(timeout=10)


async def test_logging_out_ends_the_session_s_websockets(guarded: InProcess) -> None:
    def log_in() -> str:
        client = Client()
        client.force_login(person("ada", Role.ADMIN))
        return client.cookies["sessionid"].value

    key = await in_database(log_in)
    watcher = Browser([*LOCAL, (b"cookie", f"sessionid={key}".encode())])
    assert await watcher.socket.connect(timeout=10) == (True, None)
    await in_database(lambda: Client(headers={"cookie": f"sessionid={key}"}).post("/logout/"))
    assert not await in_database(SessionStore().exists, key)
    assert await closed(watcher.socket) == 4401
    await watcher.socket.disconnect(timeout=10)


async def test_a_database_that_fails_for_a_moment_closes_nobody(
    guarded: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = await join(guarded, "root", Role.ADMIN)
    async with browser(admin.websocket_headers) as watcher:

        def failing(token: str) -> None:
            raise RuntimeError("database is locked")

        with monkeypatch.context() as broken:
            broken.setattr("vms.access.credentials.tokens.issued", failing)
            await eventually(lambda: "it could not be asked" in caplog.text)
        vm_id = await admin.create()
        await watcher.until(vm_id, 1)


async def test_without_authentication_nobody_is_asked_again(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard.Guarded, "_watch", None)
    async with browser() as watcher:
        await watcher.until(await vmm.create(stopped=True), 1)


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


@pytest.mark.parametrize("how", ["revoked", "given away"])
async def test_a_log_that_is_followed_ends_for_who_may_not_read_it_any_more(
    guarded: InProcess, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(standing, "ASK_AGAIN_S", 0)
    ada = await join(guarded, "ada")
    await join(guarded, "eve")
    vm_id = await ada.create()
    log = guarded.run_path / vm_id / "serial.log"

    async def follow() -> str:
        return (await ada.get(f"/logs?id={vm_id}&follow=true")).text

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.5)
    if how == "revoked":
        await end_token(ada, revoked_at_ms=1)
    else:
        await in_database(ownership.give, vm_id, "eve")
    with log.open("a") as file:
        file.write("a secret\n")
    async with asyncio.timeout(10):
        text = await following
    assert "booted" in text
    assert "a secret" not in text
