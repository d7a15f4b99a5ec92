"""QEMUs that another program started over our directories: found, watched, ended by signal, never doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.hypervisor import machines
from tests.waiting import eventually
from vms.hypervisor.base import ExitReason, Observation, Power
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.foreign import find_all
from vms.hypervisor.process import identify
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.records import LaunchRecord
from vms.hypervisor.rundir import RunDir

pytestmark = [pytest.mark.real, machines.needs_qemu]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def run_path(tmp_path: Path) -> Path:
    (tmp_path / "run" / "vm-1").mkdir(parents=True)
    (tmp_path / "run" / "vm-1" / "vm-manifest.json").write_text('{"id": "vm-1"}')
    (tmp_path / "run" / "vm-1" / "serial.log").touch()
    return tmp_path / "run"


@pytest.fixture
async def driver(run_path: Path) -> AsyncIterator[QemuDriver]:
    driver = QemuDriver(run_path, machines.host_settings(stop_grace_s=5))
    yield driver
    await driver.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a QEMU as another program would: no name, no monitor, no lock."""
    started = []
    kernel = machines.image(tmp_path).kernel

    def start(*arguments: str, cwd: Path = tmp_path, code: bytes | None = None) -> subprocess.Popen[bytes]:
        chosen = kernel if code is None else machines.image(tmp_path, code).kernel
        process = subprocess.Popen(
            [
                *(machines.QEMU or "", "-accel", "tcg", "-cpu", "max", "-nographic", "-nodefaults"),
                *("-m", "32M", "-kernel", str(chosen), *arguments),
            ],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def serial_to(folder: Path) -> tuple[str, ...]:
    return ("-serial", f"file:{folder}/serial.log")


async def seen_running(driver: QemuDriver, vm_id: str = "vm-1") -> Observation:
    async with asyncio.timeout(10):
        while True:
            seen = await driver.inspect(vm_id)
            if seen.power is not Power.OFF:
                return seen
            await asyncio.sleep(0.05)


async def test_a_qemu_that_names_the_directory_is_taken_over_as_running(
    driver: QemuDriver, run_path: Path, start: Start
) -> None:
    process = start(*serial_to(run_path / "vm-1"))
    seen = await seen_running(driver)
    identity = identify(process.pid)
    assert identity is not None
    assert (seen.power, seen.pid, seen.is_foreign, seen.generation) == (Power.ON, process.pid, True, 0)
    assert seen.started_at_ms == pytest.approx(identity.started_at_ms, abs=100)
    assert LaunchRecord.read(RunDir(run_path / "vm-1")) is None
    assert await driver.inspect("vm-1") == seen
    record = LaunchRecord.read(RunDir(run_path / "vm-1"))
    assert record is not None
    assert (record.pid, record.start_ticks) == (process.pid, identity.start_ticks)


async def test_a_qemu_that_works_in_the_directory_is_taken_over_too(
    driver: QemuDriver, run_path: Path, start: Start
) -> None:
    process = start("-serial", "file:serial.log", cwd=run_path / "vm-1")
    assert (await seen_running(driver)).pid == process.pid


@pytest.mark.parametrize("name", ["other", "vm-10", "xvm-1"])
async def test_a_qemu_of_another_directory_is_none_of_this_vm(
    driver: QemuDriver, run_path: Path, start: Start, name: str
) -> None:
    (run_path / name).mkdir()
    start(*serial_to(run_path / name))
    await seen_running(driver, name)
    assert (await driver.inspect("vm-1")).power is Power.OFF


async def test_what_is_no_qemu_is_none_though_it_names_the_directory(
    driver: QemuDriver, run_path: Path, start: Start
) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=run_path / "vm-1") as process:
        try:
            assert (await driver.inspect("vm-1")).power is Power.OFF
        finally:
            process.kill()


async def test_stop_ends_it_in_order_and_the_listener_is_told(
    driver: QemuDriver, run_path: Path, start: Start
) -> None:
    told = asyncio.Event()
    driver.on_exit(lambda vm_id: told.set())
    process = start(*serial_to(run_path / "vm-1"))
    await machines.said(run_path / "vm-1", b"H")
    await seen_running(driver)
    await driver.stop("vm-1")
    assert process.wait(5) == 0
    await asyncio.wait_for(told.wait(), 5)
    seen = await driver.inspect("vm-1")
    assert (seen.power, seen.exit and seen.exit.reason) == (Power.OFF, ExitReason.HOST_SIGNAL)


async def test_one_that_ignores_sigterm_is_killed_when_its_grace_is_over(
    run_path: Path, start: Start
) -> None:
    driver = QemuDriver(run_path, machines.host_settings(stop_grace_s=0.3))
    process = start(*serial_to(run_path / "vm-1"))
    await machines.said(run_path / "vm-1", b"H")  # only then has it made its own way to end
    await seen_running(driver)
    os.kill(process.pid, signal.SIGSTOP)
    await driver.stop("vm-1")
    assert process.wait(5) == -signal.SIGKILL
    await driver.close()


async def test_its_power_button_is_out_of_reach(driver: QemuDriver, run_path: Path, start: Start) -> None:
    start(*serial_to(run_path / "vm-1"))
    await seen_running(driver)
    with pytest.raises(NotAnswering, match="another program"):
        await driver.powerdown("vm-1")


async def test_nothing_is_launched_beside_it_and_nothing_deleted_under_it(
    driver: QemuDriver, tmp_path: Path, run_path: Path, start: Start
) -> None:
    start(*serial_to(run_path / "vm-1"))
    await seen_running(driver)
    with pytest.raises(LaunchRefused, match="runs already"):
        await driver.launch(machines.guest_spec(machines.image(tmp_path), generation=7))
    with pytest.raises(RuntimeError, match="runs"):
        await driver.remove("vm-1")


async def test_one_that_started_since_the_last_look_is_seen_before_a_launch(
    driver: QemuDriver, tmp_path: Path, run_path: Path, start: Start
) -> None:
    assert (await driver.inspect("vm-1")).power is Power.OFF
    process = start(*serial_to(run_path / "vm-1"))
    await eventually(lambda: bool(find_all(run_path)))
    with pytest.raises(LaunchRefused, match=f"process {process.pid} uses the directory"):
        await driver.launch(machines.guest_spec(machines.image(tmp_path)))


async def test_an_end_that_nobody_saw_is_told_after_a_restart_as_lost(run_path: Path, start: Start) -> None:
    first = QemuDriver(run_path, machines.host_settings())
    process = start(*serial_to(run_path / "vm-1"))
    await seen_running(first)
    await first.inspect("vm-1")
    await first.close()
    process.kill()
    process.wait()
    second = QemuDriver(run_path, machines.host_settings())
    seen = await second.inspect("vm-1")
    assert (seen.power, seen.exit and seen.exit.reason) == (Power.OFF, ExitReason.LOST)
    await second.close()


async def test_after_it_the_vm_starts_as_an_ordinary_one(
    driver: QemuDriver, tmp_path: Path, run_path: Path, start: Start
) -> None:
    start(*serial_to(run_path / "vm-1"))
    await seen_running(driver)
    await driver.stop("vm-1")
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path), generation=2))
    assert (launched.power, launched.generation, launched.is_foreign) == (Power.ON, 2, False)
    await driver.stop("vm-1")
    ended = (await driver.inspect("vm-1")).exit
    assert ended is not None
    assert ended.reason is ExitReason.HOST_QUIT


async def test_a_qemu_over_two_directories_is_neither_ended_nor_launched_beside(
    driver: QemuDriver, tmp_path: Path, run_path: Path, start: Start
) -> None:
    (run_path / "vm-2").mkdir()
    process = start(*serial_to(run_path / "vm-1"), "-pidfile", f"{run_path}/vm-2/pid")
    seen = await seen_running(driver)
    assert (seen.power, seen.pid) == (Power.UNKNOWN, process.pid)
    with pytest.raises(NotAnswering):
        await driver.stop("vm-1")
    with pytest.raises(LaunchRefused):
        await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    assert process.poll() is None


@pytest.mark.parametrize("run_name", ["run,with=signs", "run two"])
async def test_the_guests_cid_and_odd_paths_are_read_from_the_command_line(
    tmp_path: Path, run_name: str
) -> None:
    """The process is a stand-in under QEMU's name: a vsock device needs a kernel that has one."""
    run_path = tmp_path / run_name
    (run_path / "vm-1").mkdir(parents=True)
    disk = str(run_path / "vm-1" / "hda.img").replace(",", ",,")
    arguments = ["-drive", f"file={disk},if=none", "-device", "vhost-vsock-pci,guest-cid=1234,x=y"]
    with subprocess.Popen(
        ["/opt/qemu-system-x86_64", "-c", "read _", "sh", *arguments],
        executable="/bin/sh",
        stdin=subprocess.PIPE,
    ) as process:
        try:
            await eventually(lambda: bool(find_all(run_path)))
            found = find_all(run_path)
        finally:
            process.kill()
    assert [(p.identity.pid, p.vm_ids, p.cid) for p in found] == [(process.pid, frozenset({"vm-1"}), 1234)]
