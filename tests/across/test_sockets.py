"""Consoles and logs by websocket of a VM that is on another node, as its own node tells them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.access.team import Person, join
from tests.access.watching import end_token
from tests.across.pair import Pair
from tests.live.reader import Reader
from tests.live.vm_line import line
from tests.waiting import eventually
from vms.choices import Role
from vms.database import in_database, now_ms
from vms.hypervisor.rundir import RunDir
from vms.models import Vm

KINDS = ["console", "logs"]


def opened(who: Person, kind: str, vm: RunDir, query: str = "") -> Reader:
    client = Reader(f"/ws/{kind}/{vm.path.name}?{query}")
    client.socket.scope["headers"] = who.websocket_headers
    return client


@contextlib.asynccontextmanager
async def at(who: Person, kind: str, vm: RunDir, query: str = "") -> AsyncIterator[Reader]:
    """Somebody who has been greeted."""
    client = opened(who, kind, vm, query)
    assert await client.socket.connect(timeout=10) == (True, None)
    await client.until("hello")
    try:
        yield client
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await client.leave()


async def test_a_console_is_read_and_typed_into(pair: Pair) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    async with line(vm.path) as guest, at(olga, "console", vm) as client:
        assert client.hello["vm"] == vm.path.name
        await client.until("state")
        assert [viewer["name"] for viewer in client.state["viewers"]] == ["olga"]
        guest.prints(b"login: ")
        await client.hears(b"login: ")
        await client.type(b"root\r")
        await eventually(lambda: guest.typed == b"root\r")
        await client.say({"type": "keyboard", "mine": True})
        await client.until_state(typist=client.hello["you"])
        await client.say({"type": "ping"})
        await client.until("pong")


async def test_a_log_is_told_by_position_and_searched(pair: Pair) -> None:
    whole = b"".join(b"line %06d\n" % number for number in range(60_000))
    vm, olga = await pair.vm(log=whole), await join(pair.here, "olga", Role.OPERATOR)
    async with at(olga, "logs", vm) as client:
        assert client.hello["end"] == len(whole)
        begin = client.hello["position"]
        await client.hears(whole[-12:])
        assert client.heard[client.hello["boot"]] == whole[begin:]
        await client.say({"type": "find", "text": "line 000007", "before": len(whole)})
        assert (await client.until("found"))["position"] == 7 * 12
        await client.say({"type": "nonsense"})
        assert "not known" in (await client.until("refused"))["message"]


async def test_a_token_in_the_address_stays_here(pair: Pair) -> None:
    vm, olga = await pair.vm(log=b"hello\n"), await join(pair.here, "olga", Role.OPERATOR)
    client = Reader(f"/ws/logs/{vm.path.name}?token={olga.token}&position=0")
    assert await client.socket.connect(timeout=10) == (True, None)
    await client.until("hello")
    await client.hears(b"hello\n")
    await client.leave()


@pytest.mark.parametrize("kind", KINDS)
async def test_who_may_open_it_here_may_there_and_nobody_else(pair: Pair, kind: str) -> None:
    vm, viewer = await pair.vm(), await join(pair.here, "vera", Role.VIEWER)
    stranger = await join(pair.here, "mallory", Role.MEMBER)
    for who, code in ((viewer, 4403), (stranger, 4404)):
        client = opened(who, kind, vm)
        assert await client.socket.connect(timeout=10) == (True, None)
        assert await client.closed() == code
        await client.leave()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["revoked", "limited", "disabled"])
async def test_who_may_not_any_more_is_closed(pair: Pair, kind: str, how: str) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    async with at(olga, kind, vm) as client:
        match how:
            case "revoked":
                await end_token(olga, revoked_at_ms=now_ms())
            case "limited":
                await end_token(olga, scopes=["LOOK", "SEE_VM"])
            case "disabled":
                await in_database(User.objects.filter(pk=olga.user_id).update, is_active=False)
        assert await client.closed() == (4403 if how == "limited" else 4401)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_vm_that_is_removed_ends_it(pair: Pair, kind: str) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    async with at(olga, kind, vm) as client:
        await in_database(Vm.objects.filter(pk=vm.path.name).delete)
        assert await client.closed() == 4404


@pytest.mark.parametrize("kind", KINDS)
async def test_a_node_that_dies_is_told_apart_from_a_vm_that_ends(pair: Pair, kind: str) -> None:
    vm, olga = await pair.vm(log=b"hello\n"), await join(pair.here, "olga", Role.OPERATOR)
    async with at(olga, kind, vm) as client:
        pair.there.kill()
        assert await client.closed() == 4503
    again = opened(olga, kind, vm)
    assert await again.socket.connect(timeout=10) == (True, None)
    closing: Any = await again.socket.receive_output(timeout=10)
    assert closing["code"] == 4503
    assert "far-away" in closing["reason"]
    await again.leave()
    pair.there.start()
    async with at(olga, kind, vm) as client:
        await client.hears(b"hello\n")


async def test_a_node_that_is_lost_is_not_even_asked(pair: Pair) -> None:
    vm, olga = await pair.vm(), await join(pair.here, "olga", Role.OPERATOR)
    await pair.announce(heartbeat_at_ms=now_ms() - 60_000)
    client = opened(olga, "console", vm)
    assert await client.socket.connect(timeout=10) == (True, None)
    closing: Any = await client.socket.receive_output(timeout=10)
    assert (closing["code"], "has not been heard of for 6" in closing["reason"]) == (4503, True)
    await client.leave()
