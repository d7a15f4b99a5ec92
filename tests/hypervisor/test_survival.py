"""The server may be killed at any line: nothing is launched twice, lost or left half made."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hypervisor import machines
from vms.hypervisor.base import ExitReason, Observation, Power
from vms.hypervisor.process import identify
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.spec import GuestSpec, ShareMode

pytestmark = [pytest.mark.real, machines.needs_qemu]

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.truncate", "subprocess.Popen", "socket.connect")
"""Python's audit events for what changes the world: the server is killed just before one of them."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@pytest.fixture
def run_path(tmp_path: Path) -> Iterator[Path]:
    run_path = tmp_path / "run"
    yield run_path
    asyncio.run(_stop_everything(run_path))


async def _stop_everything(run_path: Path) -> None:
    driver = QemuDriver(run_path, machines.host_settings())
    for vm_id in await driver.scan():
        await driver.stop(vm_id)
    await driver.close()


def with_everything(folder: Path) -> GuestSpec:
    """A guest with all that can be beside QEMU."""
    return replace(machines.guest_spec(machines.image(folder)), swtpm=True, share_mode=ShareMode.VHD)


def server_that_launches(run_path: Path, spec: GuestSpec, *, killed_before_step: int) -> bool:
    """Launch in a process of its own, which is killed at that step; False if it got through alive."""
    child = os.fork()
    if child == 0:
        try:
            _be_killed_before_step(killed_before_step)
            asyncio.run(QemuDriver(run_path, machines.host_settings()).launch(spec))
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def _be_killed_before_step(step: int) -> None:
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if changes_the_world(event, arguments):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def changes_the_world(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        return bool(int(str(arguments[2])) & WRITING)
    return event in CHANGES


def qemus_in(run_path: Path) -> list[int]:
    """Pids of all living processes that work in a directory below ``run_path`` and are QEMU."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if (process / "cwd").readlink().is_relative_to(run_path) and "qemu" in os.readlink(
                process / "exe"
            ):
                found.append(int(process.name))
        except (OSError, ValueError):
            continue
    return found


async def look_and_launch_again(run_path: Path, spec: GuestSpec) -> tuple[Observation, Observation]:
    driver = QemuDriver(run_path, machines.host_settings())
    found = await driver.inspect(spec.vm_id)
    launched = await driver.launch(spec)
    await driver.close()
    return found, launched


def check_a_server_killed_before(step: int, run_path: Path, spec: GuestSpec) -> bool:
    """False if the launch has fewer steps than that."""
    was_killed = server_that_launches(run_path, spec, killed_before_step=step)
    found, launched = asyncio.run(look_and_launch_again(run_path, spec))
    assert launched.power is Power.ON
    assert launched.generation == spec.generation
    assert found.power in (Power.ABSENT, Power.OFF, Power.ON)
    assert found.exit is None
    if found.power is Power.ON:
        assert found == launched
    assert qemus_in(run_path) == [launched.pid]
    assert machines.tpms_in(run_path) == ([launched.tpm.pid] if launched.tpm else [])
    assert (launched.tpm is not None) == spec.swtpm
    return was_killed


@pytest.mark.parametrize("step", [0, 6, 12, 18, 24, 30, 36, 42, 48])
def test_a_server_killed_during_a_launch_is_taken_over(step: int, run_path: Path, tmp_path: Path) -> None:
    check_a_server_killed_before(step, run_path, machines.guest_spec(machines.image(tmp_path)))


@pytest.mark.parametrize("step", [8, 20, 35, 39, 43, 44, 45, 47, 49, 50, 55, 56, 61])
def test_neither_qemu_nor_tpm_is_ever_there_twice(step: int, run_path: Path, tmp_path: Path) -> None:
    check_a_server_killed_before(step, run_path, with_everything(tmp_path))


@pytest.mark.full
@pytest.mark.parametrize("everything", [False, True])
def test_a_server_killed_at_any_step_of_a_launch_is_taken_over(
    everything: bool, run_path: Path, tmp_path: Path
) -> None:
    spec = with_everything(tmp_path) if everything else machines.guest_spec(machines.image(tmp_path))
    step = 0
    while check_a_server_killed_before(step, run_path, replace(spec, vm_id=f"vm-{step}")):
        asyncio.run(_stop_everything(run_path))
        step += 1
    assert step > 20


def test_a_guest_outlives_a_killed_server_and_is_adopted(run_path: Path, tmp_path: Path) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    assert not server_that_launches(run_path, spec, killed_before_step=10_000)
    first, _ = asyncio.run(look_and_launch_again(run_path, spec))
    second, _ = asyncio.run(look_and_launch_again(run_path, spec))
    assert first.power is Power.ON
    assert first == second
    assert first.pid is not None
    assert identify(first.pid) is not None


@pytest.mark.parametrize(
    "order, reason, code",
    [(b"o", ExitReason.GUEST_SHUTDOWN, 0), (b"p", ExitReason.GUEST_PANIC, 1)],
)
async def test_how_a_guest_ended_is_known_though_no_server_was_there(
    tmp_path: Path, order: bytes, reason: ExitReason, code: int
) -> None:
    spec = machines.guest_spec(machines.image(tmp_path, machines.OBEDIENT))
    first = QemuDriver(tmp_path / "run", machines.host_settings())
    launched = await first.launch(spec)
    await first.close()
    await machines.tell(first.directory("vm-1"), order)
    assert launched.pid is not None
    await machines.gone(launched.pid)
    second = QemuDriver(tmp_path / "run", machines.host_settings())
    seen = await second.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (reason, code)
    await second.close()
