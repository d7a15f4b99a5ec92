"""The sampler: reads what every running VM and the host use, and puts it on the board.

Each VM is read every ten seconds, and every two while somebody watches it. The readings of many
VMs are spread over that time, and each is a task of its own, at most one for a VM: one that waits
for a silent QEMU or guest delays no other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from vms.conf import conf
from vms.database import in_database, now_ms
from vms.errors import VmmError
from vms.figures.board import NODE, Board
from vms.figures.history import EVERY_S
from vms.figures.readings import GuestTraffic, VmReading
from vms.guest.agents import Agents
from vms.guest.interface import Interface
from vms.hypervisor.base import Driver
from vms.hypervisor.figures import Figures
from vms.selectors import figures
from vms.selectors.figures import Sampled
from vms.worker.host_figures import HostFigures

TICK_S = 0.25
WATCHED_EVERY_S = 2.0
LIST_EVERY_S = 2.0
"""How soon a VM that was started is noticed."""
ASK_EVERY_S = 60.0
ASK_WATCHED_EVERY_S = 5.0
"""A guest's agent is asked less often: that costs the guest's own time, too."""
_log = logging.getLogger(__name__)


class Sampler:
    """Fills a board from a driver and from guests' agents. Belongs to one event loop."""

    def __init__(self, driver: Driver, node_id: int, agents: Agents, board: Board) -> None:
        self._driver = driver
        self._node_id = node_id
        self._agents = agents
        self._board = board
        self._host = HostFigures(conf().run_path)
        self._running: dict[str, Sampled] = {}
        self._listed_at = self._host_read_at = float("-inf")
        self._read_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._told: dict[str, GuestTraffic] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Read again and again; ends by being cancelled, and leaves an empty board."""
        try:
            while True:
                try:
                    await self.turn(asyncio.get_running_loop().time())
                except Exception:
                    _log.exception("figures could not be read; again in %g s", TICK_S)
                await asyncio.sleep(TICK_S)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._board.clear()

    async def turn(self, now: float) -> None:
        """Begin what is due at ``now``, in seconds of the loop's clock; waits for the database only."""
        if now - self._listed_at >= LIST_EVERY_S:
            self._listed_at = now
            await self._list(now)
        if now - self._host_read_at >= self._every(NODE):
            self._host_read_at = now
            self._begin("host", NODE, self._read_host())
        for vm_id, sampled in self._running.items():
            if now - self._read_at[vm_id] >= self._every(vm_id):
                self._read_at[vm_id] = now
                self._begin("figures", vm_id, self._read(sampled, now))

    async def settle(self) -> None:
        """Wait for all that was begun."""
        await asyncio.gather(*self._tasks.values())

    def _every(self, key: str) -> float:
        return WATCHED_EVERY_S if self._board.is_watched(key) else EVERY_S

    async def _list(self, now: float) -> None:
        found = await in_database(figures.to_sample, self._node_id)
        new = sorted(found.running.keys() - self._running.keys())
        for vm_id in self._running.keys() - found.running.keys():
            for kept in (self._read_at, self._asked_at, self._told):
                kept.pop(vm_id, None)
        for place, vm_id in enumerate(new):
            # Many at once (the server just started) take turns; a single one is read at once.
            self._read_at[vm_id] = now - EVERY_S * (1 - place / len(new))
            self._asked_at[vm_id] = now - ASK_EVERY_S * (1 - place / len(new))
        self._running = found.running
        self._board.keep_only(found.existing, found.running, now_ms())

    def _begin(self, what: str, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Start a task, unless the last one of that name is still at work."""
        name = (what, key)
        if name in self._tasks:
            work.close()
            return
        task = self._tasks[name] = asyncio.create_task(work, name=f"{what} {key}")
        task.add_done_callback(lambda done: self._ended(name, done))

    def _ended(self, name: tuple[str, str], task: asyncio.Task[None]) -> None:
        del self._tasks[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("%s of %s could not be read", name[0], name[1] or "the host", exc_info=error)

    async def _read_host(self) -> None:
        self._board.add_node(await self._host.read(len(self._running)))

    async def _read(self, sampled: Sampled, now: float) -> None:
        vm_id = sampled.address.vm_id
        read = await self._driver.figures(vm_id)
        if read is None:
            self._board.ended(vm_id)
            return
        self._board.add_vm(vm_id, reading(read, sampled.vcpus, self._told.get(vm_id)))
        if read.network is None and vm_id in self._asked_at:
            every = ASK_WATCHED_EVERY_S if self._board.is_watched(vm_id) else ASK_EVERY_S
            if now - self._asked_at[vm_id] >= every:
                self._asked_at[vm_id] = now
                self._begin("traffic", vm_id, self._ask(sampled))

    async def _ask(self, sampled: Sampled) -> None:
        vm_id = sampled.address.vm_id
        try:
            told = await self._agents.network_info(sampled.address)
        except VmmError:
            self._told.pop(vm_id, None)  # no agent, or none that answers: it is just not known
            return
        if vm_id in self._running:
            self._told[vm_id] = traffic(told.interfaces)


def reading(read: Figures, vcpus: int, told: GuestTraffic | None) -> VmReading:
    """The driver's figures, with what the guest told of its traffic, in the board's words."""
    disk, network = read.disk, read.network
    return VmReading(
        at_ms=now_ms(),
        taken_s=read.taken_s,
        run=(read.process.pid, read.process.start_ticks),
        vcpus=vcpus,
        cpu_s=read.cpu_s,
        memory_bytes=read.memory_bytes,
        disk_used_bytes=read.disk_used_bytes,
        disk_read_bytes=disk.read_bytes if disk else None,
        disk_written_bytes=disk.written_bytes if disk else None,
        disk_reads=disk.reads if disk else None,
        disk_writes=disk.writes if disk else None,
        received_bytes=network.received_bytes if network else None,
        sent_bytes=network.sent_bytes if network else None,
        guest=told if network is None else None,
    )


def traffic(interfaces: tuple[Interface, ...]) -> GuestTraffic:
    """What went over a guest's network cards; bridges and tunnels in it carry the same bytes again."""
    cards = [one for one in interfaces if one.name.startswith(("en", "eth"))] or interfaces
    received, sent = sum(one.rx_bytes for one in cards), sum(one.tx_bytes for one in cards)
    return GuestTraffic(time.monotonic(), received, sent)
