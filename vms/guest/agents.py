"""Asking guests on behalf of many: each call bounded, simultaneous ones shared, results kept for a second.

A guest that hangs or floods costs nobody else anything: calls are counted for each guest alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vms.errors import Unavailable
from vms.guest.interface import (
    AgentSilent,
    GuestAddress,
    GuestAgent,
    GuestInfo,
    ListContainersResponse,
    NetworkInformation,
    SystemInfo,
)

CALL_S = 10.0
"""A call may take so long, its wait for a turn included."""
KEEP_S = 1.0
T = TypeVar("T")
Call = Callable[[GuestAgent], Awaitable[T]]
Connect = Callable[[GuestAddress], Awaitable[GuestAgent]]
"""Which agent a guest has, and how it is reached. Raises AgentFailed where it can't be."""


@dataclass
class _Guest:
    """The calls to one guest's agent that are under way or just answered: one of each name at most."""

    calls: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    turns: asyncio.Semaphore | None = None


class Agents:
    """The agents of one node's guests. Belongs to one event loop."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._guests: dict[str, _Guest] = {}

    async def info(self, address: GuestAddress) -> GuestInfo:
        """Who the guest says it is. This and all below raise what ``GuestAgent`` does."""
        return await self._shared(address, "info", lambda agent: agent.info())

    async def sys_info(self, address: GuestAddress) -> SystemInfo:
        return await self._shared(address, "sys_info", lambda agent: agent.sys_info())

    async def network_info(self, address: GuestAddress) -> NetworkInformation:
        return await self._shared(address, "network_info", lambda agent: agent.network_info())

    async def list_containers(self, address: GuestAddress) -> ListContainersResponse:
        return await self._shared(address, "list_containers", lambda agent: agent.list_containers())

    async def shutdown(self, address: GuestAddress) -> None:
        """Ask the guest to power off."""
        await self._shared(address, "shutdown", lambda agent: agent.shutdown(), keep_s=0)

    def __len__(self) -> int:
        """How many guests were asked just now."""
        return len(self._guests)

    async def close(self) -> None:
        """Give up all calls that are under way."""
        calls = [call for guest in self._guests.values() for call in guest.calls.values()]
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _shared(self, address: GuestAddress, what: str, call: Call[T], keep_s: float = KEEP_S) -> T:
        """The outcome, good or bad, of the call of that name that is under way or was just made."""
        guest = self._guests.get(address.vm_id)
        if guest is None or what not in guest.calls:
            guest = self._guests.setdefault(address.vm_id, _Guest())
            begun = asyncio.create_task(self._made(guest, address, call), name=f"{what} of {address.vm_id}")
            guest.calls[what] = begun
            begun.add_done_callback(lambda _: self._answered(address.vm_id, what, keep_s))
        # Shielded, for who goes away must not end what others wait for.
        outcome: T = await asyncio.shield(guest.calls[what])
        return outcome

    async def _made(self, guest: _Guest, address: GuestAddress, call: Call[T]) -> T:
        try:
            async with asyncio.timeout(CALL_S):
                agent = await self._connect(address)
                guest.turns = guest.turns or asyncio.Semaphore(agent.concurrency)
                async with guest.turns:
                    return await call(agent)
        except TimeoutError:
            raise AgentSilent(f"the guest agent did not answer within {CALL_S:g} s") from None

    def _answered(self, vm_id: str, what: str, keep_s: float) -> None:
        call = self._guests[vm_id].calls[what]
        if not call.cancelled():
            call.exception()  # looked at, so that nobody complains if all callers went away
        if keep_s:
            asyncio.get_running_loop().call_later(keep_s, self._forget, vm_id, what)
        else:
            self._forget(vm_id, what)

    def _forget(self, vm_id: str, what: str) -> None:
        guest = self._guests[vm_id]
        del guest.calls[what]
        if not guest.calls:
            del self._guests[vm_id]


_of_nodes: dict[int, Agents] = {}


def announce(node_id: int, agents: Agents) -> None:
    """From now on, these are the agents of that node's guests."""
    _of_nodes[node_id] = agents


def withdraw(node_id: int) -> None:
    """The node's worker ends: its guests can't be asked through this process any more."""
    _of_nodes.pop(node_id, None)


def of_node(node_id: int) -> Agents:
    """Who asks that node's guests. Raises Unavailable where its worker doesn't run in this process."""
    try:
        return _of_nodes[node_id]
    except KeyError:
        raise Unavailable("the worker of the VM's node is not ready; its guests can't be asked") from None
