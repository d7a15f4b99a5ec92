"""What drivers tell of a VM's use: the fake one and the real one alike."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hypervisor import machines
from tests.waiting import eventually
from tests.worker.test_driver_contract import Bench, RealBench, bench, running
from vms.hypervisor.base import Driver
from vms.hypervisor.figures import Figures

__all__ = ["bench"]

UNCOUNTED_S = 0.3
"""Threads that ended, and parts of a tick of each thread, are in the process's figures only."""


async def figures(driver: Driver, vm_id: str = "vm-1") -> Figures:
    found = await driver.figures(vm_id)
    assert found is not None
    return found


def counters(told: Figures) -> list[float]:
    assert told.disk is not None
    disk = [told.disk.read_bytes, told.disk.written_bytes, told.disk.reads, told.disk.writes]
    return [told.taken_s, told.cpu_s, *disk]


async def test_a_running_vm_has_figures_that_never_go_back(bench: Bench) -> None:
    await running(bench)
    first, second = await figures(bench.driver), await figures(bench.driver)
    assert first.process == second.process
    assert first.process.pid == (await bench.driver.inspect("vm-1")).pid
    assert all(before <= after for before, after in zip(counters(first), counters(second), strict=True))
    assert second.disk_used_bytes is not None
    assert second.network is None, "user-mode networking is counted nowhere"


async def test_what_does_not_run_has_none(bench: Bench) -> None:
    assert await bench.driver.figures("vm-1") is None
    spec = machines.guest_spec(bench.idle)
    await bench.driver.prepare(spec)
    assert await bench.driver.figures("vm-1") is None
    await bench.driver.launch(spec)
    await bench.driver.stop("vm-1")
    assert await bench.driver.figures("vm-1") is None


async def test_an_adopted_vm_has_figures_once_it_was_looked_at(bench: Bench) -> None:
    await running(bench)
    process = (await figures(bench.driver)).process
    await bench.driver.close()
    later = bench.restart()
    assert await later.figures("vm-1") is None
    await later.inspect("vm-1")
    assert (await figures(later)).process == process


async def test_a_frozen_vm_still_has_what_the_kernel_tells(bench: Bench) -> None:
    await running(bench)
    await bench.freeze("vm-1")
    told = await figures(bench.driver)
    assert told.disk is None
    assert told.disk_used_bytes is not None


async def test_a_second_run_is_another_process(bench: Bench) -> None:
    spec = await running(bench)
    first = await figures(bench.driver)
    await bench.driver.stop("vm-1")
    await bench.driver.launch(replace(spec, generation=2))
    assert (await figures(bench.driver)).process != first.process


@pytest.mark.real
@machines.needs_qemu
async def test_they_are_what_the_kernel_says(tmp_path: Path) -> None:
    bench = RealBench(tmp_path)
    try:
        await bench.driver.launch(machines.guest_spec(bench.obedient))
        await eventually(lambda: _cpu_s(bench.run_path) > 1, timeout_s=60)
        before = _cpu_s(bench.run_path)
        told = await figures(bench.driver)
        assert before <= told.cpu_s <= _cpu_s(bench.run_path) + UNCOUNTED_S
        status = (Path("/proc") / str(told.process.pid) / "status").read_text()
        anonymous = int(status.split("RssAnon:")[1].split()[0]) * 1024
        assert told.memory_bytes == pytest.approx(anonymous, rel=0.05)
        disk = bench.driver.directory("vm-1") / "hda.img"
        assert told.disk_used_bytes == int(os.stat(disk).st_blocks) * 512
    finally:
        await bench.close()


def _cpu_s(run_path: Path) -> float:
    """CPU time of the VM's QEMU, summed over its threads by the kernel's own figures of each."""
    pid = (run_path / "vm-1" / "qemu.pid").read_text().strip()
    ticks = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
