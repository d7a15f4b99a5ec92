"""The sampler: everybody in time, nobody delayed by another, and what a guest says marked as such."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.hypervisor import machines
from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.database import in_database
from vms.figures.board import NODE, Board, Row
from vms.figures.points import VmPoint
from vms.guest.agents import Agents
from vms.guest.interface import AgentFailed, GuestAddress, Interface, NetworkInformation
from vms.hypervisor.fake import FakeDriver
from vms.hypervisor.figures import DiskTraffic, Figures, NetworkTraffic
from vms.hypervisor.process import ProcessIdentity
from vms.hypervisor.spec import ImageFiles
from vms.models import Node, Vm
from vms.worker.sample import ASK_EVERY_S, Sampler, traffic

pytestmark = pytest.mark.django_db(transaction=True)
ANY_PROCESS = ProcessIdentity(0, 0)


class CountedDriver(FakeDriver):
    """Notes who is read, and never answers for those in ``silent``."""

    def __init__(self, run_path: Path) -> None:
        super().__init__(run_path)
        self.read: list[str] = []
        self.silent: set[str] = set()

    async def figures(self, vm_id: str) -> Figures | None:
        self.read.append(vm_id)
        if vm_id in self.silent:
            await asyncio.Event().wait()
        return await super().figures(vm_id)


class Talker:
    """A guest's agent that tells of its traffic."""

    concurrency: ClassVar[int] = 1

    async def network_info(self) -> NetworkInformation:
        cards = (Interface("eth0", rx_bytes=100, tx_bytes=10), Interface("docker0", rx_bytes=7, tx_bytes=7))
        return NetworkInformation(interfaces=cards)


class Watcher:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    def point(self, key: str, row: Row) -> None:
        self.rows.append(row)


class Bench:
    """A sampler over a fake driver, moved by hand."""

    def __init__(self, folder: Path, node: Node) -> None:
        self.driver = CountedDriver(folder / "run")
        self.board = Board()
        self.has_agent = False
        self.asked: list[str] = []
        self.agents = Agents(self._connect)
        self.sampler = Sampler(self.driver, node.pk, self.agents, self.board)
        self._image = ImageFiles(folder / "kernel", folder / "initrd")

    async def _connect(self, address: GuestAddress) -> Any:
        self.asked.append(address.vm_id)
        if not self.has_agent:
            raise AgentFailed("nobody there")
        return Talker()

    async def run_vm(self, **changed: Any) -> str:
        vm = await in_database(lambda: make_vm(actual="on", **changed))
        await self.driver.launch(machines.guest_spec(self._image, vm.pk))
        return vm.pk

    async def turn(self, now: float) -> list[str]:
        """Who is read at ``now``; waits for their answers."""
        self.driver.read.clear()
        await self.sampler.turn(now)
        if not self.driver.silent:
            await self.sampler.settle()
            await self.sampler.settle()  # what was begun by what was begun
        return sorted(self.driver.read)


@pytest.fixture
async def bench(transactional_db: None, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, await in_database(make_node))
    yield made
    await made.agents.close()


async def test_a_vm_is_read_every_ten_seconds_and_every_two_while_watched(bench: Bench) -> None:
    vm_id = await bench.run_vm()
    times = [now for now in range(31) if await bench.turn(now)]
    assert times == [0, 10, 20, 30]
    watcher = Watcher()
    bench.board.watch(vm_id, watcher)
    assert [now for now in range(31, 41) if await bench.turn(now)] == [32, 34, 36, 38, 40]
    assert len(watcher.rows) == 5
    bench.board.unwatch(vm_id, watcher)
    assert [now for now in range(41, 61) if await bench.turn(now)] == [50, 60]


async def test_many_vms_take_turns_within_ten_seconds(bench: Bench) -> None:
    ids = [await bench.run_vm() for _ in range(20)]
    read = [await bench.turn(number / 2) for number in range(21)]
    assert sorted(itertools.chain(*read[:20])) == sorted(ids)
    assert max(len(turn) for turn in read) == 1
    assert read[20] == read[0]


async def test_what_is_read_is_on_the_board(bench: Bench) -> None:
    vm_id = await bench.run_vm(vcpu=2)
    used = Figures(ANY_PROCESS, 0, 1.5, 4096, 512, DiskTraffic(1, 2, 3, 4), NetworkTraffic(5, 6))
    bench.driver.use(vm_id, used)
    await bench.turn(0)
    told = bench.board.vms()[vm_id]
    assert (told.cpu_s, told.memory_bytes, told.disk_used_bytes, told.vcpus) == (1.5, 4096, 512, 2)
    disk = (told.disk_read_bytes, told.disk_written_bytes, told.disk_reads, told.disk_writes)
    assert disk == (1, 2, 3, 4)
    assert (told.received_bytes, told.sent_bytes, told.guest) == (5, 6, None)
    assert bench.asked == [], "the host counts that itself"


async def test_the_host_is_read_too(bench: Bench) -> None:
    await bench.run_vm()
    await bench.turn(0)
    told = bench.board.node
    assert told is not None
    assert told.running_vms == 1
    assert 0 < told.memory_available_bytes < told.memory_total_bytes
    assert told.cpus > 0
    assert told.cpu_s > 0
    assert len(bench.board.rows(NODE)) == 1


async def test_one_that_never_answers_delays_nobody_and_is_asked_once(bench: Bench) -> None:
    silent, other = await bench.run_vm(), await bench.run_vm()
    bench.driver.silent = {silent}
    for now in (0, 10, 20, 30):
        await bench.turn(now)
        await asyncio.sleep(0.05)
    assert list(bench.board.vms()) == [other]
    assert len(bench.board.rows(other)) > 0
    running = [task for task in asyncio.all_tasks() if task.get_name() == f"figures {silent}"]
    assert len(running) == 1
    for task in running:
        task.cancel()


async def test_what_ended_has_no_figures_any_more(bench: Bench) -> None:
    vm_id = await bench.run_vm()
    await bench.turn(0)
    bench.driver.die(vm_id)
    await bench.turn(10)
    assert bench.board.vms() == {}
    assert len(bench.board.rows(vm_id)) == 1
    await in_database(Vm.objects.filter(pk=vm_id).delete)
    await bench.turn(12)
    assert bench.board.rows(vm_id) == []


async def test_only_vms_that_may_run_are_read(bench: Bench) -> None:
    await in_database(lambda: make_vm(actual="off"))
    assert await bench.turn(0) == []


async def test_a_guest_tells_of_traffic_that_its_host_cannot_count(bench: Bench) -> None:
    bench.has_agent = True
    vm_id = await bench.run_vm()
    await bench.turn(0)
    await bench.turn(10)
    told = bench.board.vms()[vm_id]
    assert told.received_bytes is None
    assert told.guest is not None
    assert (told.guest.received_bytes, told.guest.sent_bytes) == (100, 10), "bridges count the same again"
    assert bench.asked == [vm_id], "once a minute"
    await eventually(lambda: len(bench.agents) == 0)  # its last answer is shared no more
    await bench.turn(ASK_EVERY_S)
    assert bench.asked == [vm_id, vm_id]


async def test_a_guest_without_agent_has_everything_else(bench: Bench) -> None:
    vm_id = await bench.run_vm()
    await bench.turn(0)
    await bench.turn(10)
    assert bench.board.vms()[vm_id].guest is None
    point = VmPoint(*bench.board.rows(vm_id)[-1][1:])
    assert point.memory is not None
    assert point.guest_received is None


def test_a_guest_whose_cards_have_other_names_is_counted_whole() -> None:
    told = traffic((Interface("net0", rx_bytes=5, tx_bytes=1), Interface("net1", rx_bytes=2, tx_bytes=1)))
    assert (told.received_bytes, told.sent_bytes) == (7, 2)


async def test_it_leaves_nothing_behind(bench: Bench) -> None:
    vm_id = await bench.run_vm()
    bench.driver.silent = {vm_id}
    running = asyncio.create_task(bench.sampler.run())
    await eventually(lambda: bool(bench.driver.read))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("figures")]
    assert bench.board.node is None
