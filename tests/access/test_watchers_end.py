"""Who may not watch any more is told so, and told nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from tests.access.people import person, with_login
from tests.access.team import join
from tests.access.watching import closed, end_token, touch
from tests.in_process import InProcess
from tests.live.browser import LOCAL, Browser, browser
from tests.rows import make_vm
from tests.waiting import eventually
from vms.access import standing
from vms.access.throttle import ADDRESS_FREE
from vms.actions import ownership
from vms.choices import Role
from vms.database import in_database, now_ms
from vms.live import guard
from vms.models import Account, ApiToken


@pytest.fixture
def guarded(vmm: InProcess, settings: Any, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The server with authentication on, which asks often whether its watchers may go on."""
    settings.VMM = with_login()
    monkeypatch.setattr(guard, "ASK_AGAIN_S", 0.05)
    return vmm


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
