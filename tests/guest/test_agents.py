"""Asking guests for many: shared, kept for a second, bounded, and each guest for itself."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from tests.guest.dstack_guest import DstackGuest, response, serving
from tests.guest.unix_sockets import UnixSockets
from tests.waiting import eventually
from vms.errors import Unavailable
from vms.guest import agents as agents_module
from vms.guest.agents import Agents, announce, of_node, withdraw
from vms.guest.dstack_agent import DstackAgent
from vms.guest.interface import AgentFailed, AgentSilent, GuestAddress, GuestAgent


def guest_at(cid: int) -> GuestAddress:
    return GuestAddress(f"vm-{cid}", 1, cid, confidential=True, image="i")


ONE, OTHER = guest_at(1001), guest_at(1002)


@pytest.fixture
def agents(sockets: UnixSockets) -> Agents:
    async def connect(address: GuestAddress) -> GuestAgent:
        return DstackAgent(sockets, address.cid)

    return Agents(connect)


async def _never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_simultaneous_callers_share_one_call_and_later_ones_its_result(
    agents: Agents, sockets: UnixSockets
) -> None:
    async with serving(DstackGuest(), sockets, ONE.cid) as guest:
        told = await asyncio.gather(*(agents.sys_info(ONE) for _ in range(50)))
        assert all(each is told[0] for each in told)
        assert await agents.sys_info(ONE) is told[0]
        assert len(guest.asked) == 1
        await agents.network_info(ONE)
        assert len(guest.asked) == 2


async def test_a_result_is_not_kept_for_long(agents: Agents, sockets: UnixSockets) -> None:
    async with serving(DstackGuest(), sockets, ONE.cid) as guest:
        await agents.sys_info(ONE)
        async with asyncio.timeout(10):
            while len(guest.asked) < 2:
                await asyncio.sleep(0.05)
                await agents.sys_info(ONE)
    assert len(guest.asked) == 2


async def test_nothing_is_remembered_of_guests_that_nobody_asks(agents: Agents) -> None:
    for cid in range(2000, 2050):
        with pytest.raises(AgentFailed):
            await agents.info(guest_at(cid))
    assert len(agents) <= 50
    await eventually(lambda: len(agents) == 0)


async def test_a_failure_is_shared_too(agents: Agents, sockets: UnixSockets) -> None:
    async def refuses(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b'{"error": "no"}', status=500))
        await writer.drain()

    async with serving(DstackGuest(behave=refuses), sockets, ONE.cid) as guest:
        told = await asyncio.gather(*(agents.info(ONE) for _ in range(20)), return_exceptions=True)
        assert {str(each) for each in told} == {"the guest agent answered Info with 500: no"}
        assert len(guest.asked) == 1


async def test_each_shutdown_is_asked_anew(agents: Agents, sockets: UnixSockets) -> None:
    async with serving(DstackGuest(), sockets, ONE.cid) as guest:
        for _ in range(3):
            await agents.shutdown(ONE)
        assert len(guest.asked) == 3


async def test_an_agent_that_never_answers_is_given_up_and_delays_no_other(
    agents: Agents, sockets: UnixSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents_module, "CALL_S", 1.0)
    async with (
        serving(DstackGuest(behave=_never), sockets, ONE.cid) as silent,
        serving(DstackGuest(), sockets, OTHER.cid) as other,
    ):
        waiting = [asyncio.create_task(agents.info(ONE)) for _ in range(20)]
        await eventually(lambda: bool(silent.asked))
        assert (await agents.info(OTHER)).version == other.answers["Info"]["version"]
        assert not any(task.done() for task in waiting)
        told = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in told} == {AgentSilent}
    assert str(told[0]) == "the guest agent did not answer within 1 s"
    assert len(silent.asked) == 1


async def test_a_caller_who_goes_away_ends_it_for_nobody_else(agents: Agents, sockets: UnixSockets) -> None:
    go_on = asyncio.Event()
    guest = DstackGuest()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(response(b'{"version": "1"}'))
        await writer.drain()

    guest.behave = waits
    async with serving(guest, sockets, ONE.cid):
        leaving = asyncio.create_task(agents.info(ONE))
        staying = asyncio.create_task(agents.info(ONE))
        await eventually(lambda: bool(guest.asked))
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        go_on.set()
        assert (await staying).version == "1"
    assert leaving.cancelled()


async def test_an_agent_s_calls_take_turns(sockets: UnixSockets) -> None:
    at_once = most = 0

    class OneAtATime(DstackAgent):
        concurrency: ClassVar[int] = 1

        async def _get(self, method: str, kind: Any) -> Any:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1
            return method

    async def connect(address: GuestAddress) -> GuestAgent:
        return OneAtATime(sockets, address.cid)

    agents = Agents(connect)
    told: tuple[Any, ...] = await asyncio.gather(
        agents.info(ONE), agents.sys_info(ONE), agents.network_info(ONE)
    )
    assert list(told) == ["Info", "SysInfo", "NetworkInfo"]
    assert most == 1


async def test_closing_gives_up_what_is_under_way(agents: Agents, sockets: UnixSockets) -> None:
    async with serving(DstackGuest(behave=_never), sockets, ONE.cid) as guest:
        waiting = asyncio.create_task(agents.info(ONE))
        await eventually(lambda: bool(guest.asked))
        await agents.close()
        told = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(told[0], asyncio.CancelledError)


async def test_a_node_s_agents_are_known_while_its_worker_runs(agents: Agents) -> None:
    announce(7, agents)
    assert of_node(7) is agents
    withdraw(7)
    with pytest.raises(Unavailable, match="worker of the VM's node is not ready"):
        of_node(7)
