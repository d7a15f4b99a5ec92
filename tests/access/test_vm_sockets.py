"""Consoles and logs of one VM: whoever loses it, or the right to steer it, is told nothing more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.access.people import with_login
from tests.access.team import join
from tests.access.watching import closed, end_token
from tests.in_process import InProcess
from tests.live.browser import Browser
from vms.choices import Role
from vms.live import guard

KINDS = ["console", "logs"]


@pytest.fixture
def guarded(vmm: InProcess, settings: Any, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The server with authentication on, which asks often whether its watchers may go on."""
    settings.VMM = with_login()
    monkeypatch.setattr(guard, "ASK_AGAIN_S", 0.05)
    return vmm


def opened(who: Any, kind: str, vm_id: str) -> Browser:
    browser = Browser(who.websocket_headers)
    browser.socket.scope["path"] = f"/ws/{kind}/{vm_id}"
    return browser


@pytest.mark.parametrize("kind", KINDS)
async def test_an_owner_whose_vm_is_given_away_is_closed(guarded: InProcess, kind: str) -> None:
    admin, ada = await join(guarded, "root", Role.ADMIN), await join(guarded, "ada", Role.MEMBER)
    await join(guarded, "eve", Role.MEMBER)
    vm_id = await ada.create(name="passed-on", stopped=True)
    watcher = opened(ada, kind, vm_id)
    assert await watcher.socket.connect(timeout=10) == (True, None)
    assert (await watcher.receive())["type"] == "hello"
    assert (await admin.call("GiveVm", {"id": vm_id, "owner": "eve"}, "access")).status_code == 204
    assert await closed(watcher.socket) == 4404
    await watcher.socket.disconnect(timeout=10)


@pytest.mark.parametrize("kind", KINDS)
async def test_whose_token_may_not_steer_any_more_is_closed(guarded: InProcess, kind: str) -> None:
    operator = await join(guarded, "olga", Role.OPERATOR)
    admin = await join(guarded, "root", Role.ADMIN)
    vm_id = await admin.create(name="any", stopped=True)
    watcher = opened(operator, kind, vm_id)
    assert await watcher.socket.connect(timeout=10) == (True, None)
    assert (await watcher.receive())["type"] == "hello"
    await asyncio.sleep(0.2)
    await end_token(operator, scopes=["LOOK", "SEE_VM"])
    assert await closed(watcher.socket) == 4403
    await watcher.socket.disconnect(timeout=10)


@pytest.mark.parametrize("kind", KINDS)
async def test_another_member_s_vm_is_not_there(guarded: InProcess, kind: str) -> None:
    ada, eve = await join(guarded, "ada", Role.MEMBER), await join(guarded, "eve", Role.MEMBER)
    vm_id = await ada.create(name="secret", stopped=True)
    watcher = opened(eve, kind, vm_id)
    assert await watcher.socket.connect(timeout=10) == (True, None)
    assert await closed(watcher.socket) == 4404
    await watcher.socket.disconnect(timeout=10)
