"""What the real driver does beyond the contract: real processes, real ends, real collisions."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hypervisor import machines
from vms.hypervisor import guest, lock
from vms.hypervisor.base import ExitReason, Power
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.process import boot_id
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.qmp import QmpSession
from vms.hypervisor.rundir import RunDir

pytestmark = [pytest.mark.real, machines.needs_qemu]


@pytest.fixture
async def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[QemuDriver]:
    monkeypatch.setattr(guest, "QMP_TIMEOUT_S", 1.0)
    driver = QemuDriver(tmp_path / "run", machines.host_settings(stop_grace_s=1.0))
    yield driver
    for vm_id in await driver.scan():
        await driver.stop(vm_id)
    await driver.close()


async def ended(driver: QemuDriver) -> asyncio.Event:
    event = asyncio.Event()
    driver.on_exit(lambda _vm_id: event.set())
    return event


async def test_a_port_that_is_taken_is_said_in_qemus_own_words(driver: QemuDriver, tmp_path: Path) -> None:
    listener, forward = machines.taken_port()
    spec = machines.guest_spec(machines.image(tmp_path), forwards=(forward,))
    with listener, pytest.raises(LaunchRefused) as refused:
        await driver.launch(spec)
    port = forward.host_port
    assert str(refused.value) == f"Could not set up host forwarding rule 'tcp:127.0.0.1:{port}-:80'"
    assert (await driver.launch(spec)).power is Power.ON


async def test_what_was_run_is_noted_word_by_word(driver: QemuDriver, tmp_path: Path) -> None:
    seen = await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    noted = json.loads((driver.directory("vm-1") / "qemu.argv.json").read_bytes())
    assert noted == Path(f"/proc/{seen.pid}/cmdline").read_text().removesuffix("\0").split("\0")


@pytest.mark.parametrize(
    "order, reason, code", [(b"o", ExitReason.GUEST_SHUTDOWN, 0), (b"p", ExitReason.GUEST_PANIC, 1)]
)
async def test_how_a_guest_ends_itself_is_told(
    driver: QemuDriver, tmp_path: Path, order: bytes, reason: ExitReason, code: int
) -> None:
    event = await ended(driver)
    await driver.launch(machines.guest_spec(machines.image(tmp_path, machines.OBEDIENT)))
    await machines.tell(driver.directory("vm-1"), order)
    await event.wait()
    seen = await driver.inspect("vm-1")
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (reason, code)


async def test_a_guest_that_reboots_stays_the_same_process(driver: QemuDriver, tmp_path: Path) -> None:
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path, machines.OBEDIENT)))
    directory = driver.directory("vm-1")
    await machines.tell(directory, b"r")
    await machines.said(directory, b">", times=2)
    assert await driver.inspect("vm-1") == launched


async def test_a_terminated_qemu_ended_by_a_host_signal(driver: QemuDriver, tmp_path: Path) -> None:
    event = await ended(driver)
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    assert launched.pid is not None
    os.kill(launched.pid, signal.SIGTERM)
    await event.wait()
    seen = await driver.inspect("vm-1")
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.HOST_SIGNAL, 0)
    assert "terminating on signal 15" in seen.exit.detail


async def test_the_listener_hears_of_a_death_at_once(driver: QemuDriver, tmp_path: Path) -> None:
    event = await ended(driver)
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    assert launched.pid is not None
    killed_at = time.monotonic()
    os.kill(launched.pid, signal.SIGKILL)
    await event.wait()
    # 3 ms where nothing else runs; what is tested here is that nobody polls.
    assert time.monotonic() - killed_at < 0.5


async def test_started_at_is_when_the_process_started(driver: QemuDriver, tmp_path: Path) -> None:
    before_ms = time.time_ns() // 1_000_000
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    after_ms = time.time_ns() // 1_000_000
    assert launched.started_at_ms is not None
    # The kernel counts in ticks of 10 ms.
    assert before_ms - 20 <= launched.started_at_ms <= after_ms + 20


async def test_a_second_launch_is_impossible_even_if_our_record_is_lost(
    driver: QemuDriver, tmp_path: Path
) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    launched = await driver.launch(spec)
    await driver.close()
    (driver.directory("vm-1") / "launch.json").unlink()
    forgetful = QemuDriver(driver.run_path, driver.host)
    with pytest.raises(LaunchRefused, match="runs already"):
        await forgetful.launch(spec)
    seen = await forgetful.inspect("vm-1")
    assert (seen.power, seen.generation, seen.pid) == (Power.ON, 0, launched.pid)
    await forgetful.close()


async def test_whoever_else_holds_the_directory_makes_it_unknown(driver: QemuDriver, tmp_path: Path) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    await driver.launch(spec)
    await driver.stop("vm-1")
    with open(driver.directory("vm-1") / "qemu.lock", "rb") as stranger:
        fcntl.flock(stranger, fcntl.LOCK_EX)
        assert (await driver.inspect("vm-1")).power is Power.UNKNOWN
        with pytest.raises(LaunchRefused):
            await driver.launch(spec)
        with pytest.raises(NotAnswering):
            await driver.stop("vm-1")
    assert (await driver.inspect("vm-1")).power is Power.OFF


async def test_a_record_that_names_another_process_proves_nothing(driver: QemuDriver, tmp_path: Path) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    await driver.launch(spec)
    await driver.stop("vm-1")
    record = driver.directory("vm-1") / "launch.json"
    note = json.loads(record.read_text())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        record.write_text(json.dumps({**note, "pid": stranger.pid}))
        assert (await driver.inspect("vm-1")).power is Power.OFF
        assert stranger.stdin is not None
        stranger.stdin.close()


async def test_a_qemu_of_another_name_is_not_this_vm(driver: QemuDriver, tmp_path: Path) -> None:
    await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    impostor = driver.directory("vm-2")
    driver.directory("vm-1").rename(impostor)
    onlooker = QemuDriver(driver.run_path, driver.host)
    assert (await onlooker.inspect("vm-2")).power is Power.UNKNOWN
    assert (await onlooker.inspect("vm-1")).power is Power.ABSENT
    await onlooker.close()
    impostor.rename(driver.directory("vm-1"))


async def test_a_monitor_held_by_somebody_else_makes_it_unknown(driver: QemuDriver, tmp_path: Path) -> None:
    launched = await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    await driver.close()
    newcomer = QemuDriver(driver.run_path, driver.host)
    async with await QmpSession.open(driver.directory("vm-1") / "qmp.sock", 5.0):
        assert (await newcomer.inspect("vm-1")).power is Power.UNKNOWN
    assert await newcomer.inspect("vm-1") == launched
    await newcomer.close()


async def test_what_ran_when_the_host_went_down_ended_with_it(driver: QemuDriver, tmp_path: Path) -> None:
    await driver.launch(machines.guest_spec(machines.image(tmp_path)))
    await driver.stop("vm-1")
    directory = driver.directory("vm-1")
    note = json.loads((directory / "launch.json").read_text())
    (directory / "launch.json").write_text(json.dumps({**note, "boot_id": "an earlier one"}))
    for trace in ("qemu.exit", "exit-reason.json", "qmp-events.log"):
        (directory / trace).unlink()
    seen = await driver.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.HOST_REBOOT, None)
    assert note["boot_id"] == boot_id()


async def test_a_qemu_that_never_answers_is_killed(driver: QemuDriver, tmp_path: Path) -> None:
    silent = tmp_path / "silent-qemu"
    silent.write_text("#!/bin/sh\necho $$ >qemu.pid\nexec sleep 600\n")
    silent.chmod(0o755)
    host = replace(driver.host, qemu_path=silent, launch_timeout_s=0.3)
    hasty = QemuDriver(driver.run_path, host)
    with pytest.raises(LaunchRefused, match=r"did not answer in 0\.3 s"):
        await hasty.launch(machines.guest_spec(machines.image(tmp_path)))
    pid = int((driver.directory("vm-1") / "qemu.pid").read_text())
    await machines.gone(pid)
    assert (await hasty.inspect("vm-1")).power is Power.OFF
    await hasty.close()


async def test_a_qemu_that_is_not_there_is_refused(driver: QemuDriver, tmp_path: Path) -> None:
    missing = QemuDriver(driver.run_path, replace(driver.host, qemu_path=tmp_path / "no-qemu"))
    with pytest.raises(LaunchRefused, match="not found"):
        await missing.launch(machines.guest_spec(machines.image(tmp_path)))
    await missing.close()


async def test_a_run_path_longer_than_a_socket_address_works(driver: QemuDriver, tmp_path: Path) -> None:
    deep = QemuDriver(tmp_path / ("d" * 100) / ("e" * 100), driver.host)
    launched = await deep.launch(machines.guest_spec(machines.image(tmp_path)))
    assert launched.power is Power.ON
    await deep.stop("vm-1")
    await deep.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start QEMU as another user")
async def test_qemu_runs_as_the_configured_user(driver: QemuDriver, tmp_path: Path) -> None:
    driver.run_path.mkdir()
    # As the preflight tells operators to: that user must come through to its VM's directory.
    for folder in (driver.run_path, tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    unprivileged = QemuDriver(driver.run_path, replace(driver.host, user="daemon"))
    launched = await unprivileged.launch(machines.guest_spec(machines.image(tmp_path)))
    assert os.stat(f"/proc/{launched.pid}").st_uid == pwd.getpwnam("daemon").pw_uid
    await unprivileged.stop("vm-1")
    await unprivileged.close()


async def test_a_reserved_directory_is_one_where_nothing_runs_and_nothing_begins(
    driver: QemuDriver, tmp_path: Path
) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    await driver.launch(spec)
    await driver.stop("vm-1")
    before = await driver.inspect("vm-1")
    run_dir = RunDir(driver.directory("vm-1"))
    with lock.reserved(run_dir, "its disk is being copied"):
        assert await driver.inspect("vm-1") == before
        with pytest.raises(LaunchRefused, match=r"^its disk is being copied$"):
            await driver.launch(replace(spec, generation=2))
    launched = await driver.launch(replace(spec, generation=3))
    assert launched.power is Power.ON
    with pytest.raises(lock.LockHeld), lock.reserved(run_dir, "too late"):
        pass
    assert (await driver.inspect("vm-1")).power is Power.ON


async def test_a_reservation_ends_with_whoever_made_it(driver: QemuDriver, tmp_path: Path) -> None:
    spec = machines.guest_spec(machines.image(tmp_path))
    await driver.prepare(spec)
    run_dir = RunDir(driver.directory("vm-1"))
    run_dir.lock.write_text("somebody who was killed")
    launched = await driver.launch(spec)
    assert launched.power is Power.ON
    assert lock.is_inhabited(run_dir)
