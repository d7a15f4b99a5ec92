"""The real swtpm beside the real QEMU: started, known again, ended, and never a stranger."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hypervisor import machines
from tests.waiting import eventually
from vms.hypervisor import lock, swtpm
from vms.hypervisor.base import ExitReason, Power, Tpm
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.process import identify
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import GuestSpec

pytestmark = [pytest.mark.real, machines.needs_qemu]


@pytest.fixture
async def driver(tmp_path: Path) -> AsyncIterator[QemuDriver]:
    driver = QemuDriver(tmp_path / "run", machines.host_settings(stop_grace_s=1.0))
    yield driver
    for vm_id in await driver.scan():
        await driver.stop(vm_id)
    await driver.close()


def spec_in(folder: Path) -> GuestSpec:
    return replace(machines.guest_spec(machines.image(folder)), swtpm=True)


async def running(driver: QemuDriver, folder: Path) -> tuple[int, Tpm]:
    """QEMU's pid and the TPM of a launched VM."""
    seen = await driver.launch(spec_in(folder))
    assert seen.pid is not None
    assert seen.tpm is not None
    return seen.pid, seen.tpm


async def left_behind(driver: QemuDriver, folder: Path) -> int:
    """The pid of a swtpm whose server was killed before QEMU was started."""
    await driver.prepare(spec_in(folder))
    run_dir = RunDir(driver.directory("vm-1"))
    child = await swtpm.start(run_dir, driver.host, "this boot")
    run_dir.tpm_file.unlink()
    return child.pid


async def test_it_runs_in_the_vms_directory_for_nobody_else(driver: QemuDriver, tmp_path: Path) -> None:
    _, tpm = await running(driver, tmp_path)
    directory = driver.directory("vm-1")
    assert machines.tpms_in(driver.run_path) == [tpm.pid]
    assert os.getsid(tpm.pid) == tpm.pid
    assert (directory / "swtpm").stat().st_mode & 0o777 == 0o700
    assert stat.S_ISSOCK((directory / "swtpm.sock").stat().st_mode)
    assert (directory / "swtpm.sock").stat().st_mode & 0o777 == 0o600


async def test_it_ends_with_its_qemu_however_that_ends(driver: QemuDriver, tmp_path: Path) -> None:
    pid, tpm = await running(driver, tmp_path)
    os.kill(pid, signal.SIGKILL)
    await machines.gone(tpm.pid)


async def test_a_server_that_starts_again_knows_it(driver: QemuDriver, tmp_path: Path) -> None:
    _, tpm = await running(driver, tmp_path)
    await driver.close()
    second = QemuDriver(driver.run_path, driver.host)
    assert (await second.inspect("vm-1")).tpm == tpm
    await second.stop("vm-1")
    assert machines.tpms_in(driver.run_path) == []
    await second.close()


async def test_one_that_hangs_on_is_no_qemu_and_is_ended_before_the_next(
    driver: QemuDriver, tmp_path: Path
) -> None:
    pid, tpm = await running(driver, tmp_path)
    os.kill(tpm.pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    await machines.gone(pid)
    assert (await driver.inspect("vm-1")).power is Power.OFF
    assert not lock.is_held(RunDir(driver.directory("vm-1")))
    assert machines.tpms_in(driver.run_path) == [tpm.pid]
    _, second = await running(driver, tmp_path)
    assert machines.tpms_in(driver.run_path) == [second.pid]


async def test_one_that_nobody_noted_is_ended_before_the_next(driver: QemuDriver, tmp_path: Path) -> None:
    lost = await left_behind(driver, tmp_path)
    _, tpm = await running(driver, tmp_path)
    assert identify(lost) is None
    assert machines.tpms_in(driver.run_path) == [tpm.pid]


@pytest.mark.parametrize("verb", ["stop", "remove"])
async def test_one_that_nobody_noted_is_ended_by_stopping_and_removing(
    driver: QemuDriver, tmp_path: Path, verb: str
) -> None:
    lost = await left_behind(driver, tmp_path)
    await getattr(driver, verb)("vm-1")
    assert identify(lost) is None


async def test_no_stranger_is_taken_for_it(driver: QemuDriver, tmp_path: Path) -> None:
    await driver.prepare(spec_in(tmp_path))
    here, elsewhere = driver.directory("vm-1"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    waits = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(waits, cwd=here, stdin=subprocess.PIPE) as in_its_directory,
        subprocess.Popen([*waits, *swtpm.ARGUMENTS], cwd=elsewhere, stdin=subprocess.PIPE) as in_its_words,
    ):
        await running(driver, tmp_path)
        assert in_its_directory.poll() is None
        assert in_its_words.poll() is None
        in_its_directory.communicate(b"\n")
        in_its_words.communicate(b"\n")


async def test_it_goes_when_qemu_refuses_to_start(driver: QemuDriver, tmp_path: Path) -> None:
    spec = spec_in(tmp_path)
    lost = replace(spec, image=replace(spec.image, kernel=tmp_path / "no-kernel"))
    with pytest.raises(LaunchRefused, match="could not open kernel file"):
        await driver.launch(lost)
    assert machines.tpms_in(driver.run_path) == []


async def test_it_goes_when_a_launch_is_cancelled(driver: QemuDriver, tmp_path: Path) -> None:
    for steps in (5, 20, 40, 80):
        launch = asyncio.ensure_future(driver.launch(spec_in(tmp_path)))
        for _ in range(steps):
            await asyncio.sleep(0.001)
        launch.cancel()
        await asyncio.gather(launch, return_exceptions=True)
    await driver.stop("vm-1")
    assert machines.tpms_in(driver.run_path) == []


async def test_a_host_without_the_program_refuses_and_says_what_to_install(
    driver: QemuDriver, tmp_path: Path
) -> None:
    poor = QemuDriver(driver.run_path, replace(driver.host, swtpm_path=None))
    with pytest.raises(LaunchRefused, match="swtpm is not installed; on Debian: apt install swtpm"):
        await poor.launch(spec_in(tmp_path))
    await poor.close()


async def test_one_that_can_not_work_is_refused_in_its_own_words(driver: QemuDriver, tmp_path: Path) -> None:
    spec = spec_in(tmp_path)
    await driver.prepare(spec)
    (driver.directory("vm-1") / "swtpm" / "tpm2-00.permall").write_bytes(b"no state of any TPM")
    with pytest.raises(LaunchRefused, match=r"the TPM ended at once: .*Invalid magic"):
        await driver.launch(spec)
    seen = await driver.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert seen.exit.reason is ExitReason.ERROR
    assert "the TPM ended" in seen.exit.detail


@pytest.mark.parametrize(
    "script, words",
    [
        ("exec sleep 600", r"did not answer in 0\.3 s and said nothing"),
        ("head -c 100000 /dev/zero | tr '\\0' x; exec sleep 600", "did not answer"),
        ("exit 7", "ended at once and said nothing"),
        ("echo broken >&2; exit 1", "ended at once: broken"),
    ],
)
async def test_a_program_that_is_no_swtpm_is_refused_in_bounded_words(
    driver: QemuDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(swtpm, "START_WAIT_S", 0.3)
    program = tmp_path / "swtpm"
    program.write_text(f"#!/bin/sh\necho $$ >started\n{script}\n")
    program.chmod(0o755)
    misled = QemuDriver(driver.run_path, replace(driver.host, swtpm_path=program))
    with pytest.raises(LaunchRefused, match=words) as refused:
        await misled.launch(spec_in(tmp_path))
    assert len(str(refused.value)) < 2200
    assert identify(int((driver.directory("vm-1") / "started").read_text())) is None
    await misled.close()


async def test_its_last_words_stay_with_the_vm_that_lost_it(driver: QemuDriver, tmp_path: Path) -> None:
    _, tpm = await running(driver, tmp_path)
    os.kill(tpm.pid, signal.SIGTERM)
    await machines.gone(tpm.pid)
    (driver.directory("vm-1") / "swtpm.log").write_text("x" * 5000 + "last words\n")

    async def is_told() -> bool:
        seen = await driver.inspect("vm-1")
        return seen.power is Power.ON and seen.tpm is not None and seen.tpm.detail.endswith("last words")

    await eventually(is_told)
    seen = await driver.inspect("vm-1")
    assert seen.tpm is not None
    assert len(seen.tpm.detail) <= 2048


async def test_a_record_of_another_process_or_boot_is_no_living_tpm(
    driver: QemuDriver, tmp_path: Path
) -> None:
    _, tpm = await running(driver, tmp_path)
    record = driver.directory("vm-1") / "swtpm.json"
    note = record.read_text()
    for damaged in (
        note.replace('"start_ticks": ', '"start_ticks": 9'),
        note.replace('"boot_id": "', '"boot_id": "9'),
    ):
        record.write_text(damaged)
        seen = (await driver.inspect("vm-1")).tpm
        assert seen is not None
        assert not seen.is_alive
    for nonsense in ("", "[]", '{"pid": "1"}', "{" * 5000, '{"pid": 1e99}'):
        record.write_text(nonsense)
        assert (await driver.inspect("vm-1")).tpm is None
    assert machines.tpms_in(driver.run_path) == [tpm.pid]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start swtpm as another user")
async def test_it_runs_as_qemus_user(driver: QemuDriver, tmp_path: Path) -> None:
    driver.run_path.mkdir()
    for folder in (driver.run_path, tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    unprivileged = QemuDriver(driver.run_path, replace(driver.host, user="daemon"))
    _, tpm = await running(unprivileged, tmp_path)
    assert os.stat(f"/proc/{tpm.pid}").st_uid == pwd.getpwnam("daemon").pw_uid
    await unprivileged.stop("vm-1")
    assert machines.tpms_in(driver.run_path) == []
    await unprivileged.close()


async def test_a_user_that_is_not_there_is_refused_with_the_way_out(
    driver: QemuDriver, tmp_path: Path
) -> None:
    homeless = QemuDriver(driver.run_path, replace(driver.host, user="nobody-at-all"))
    with pytest.raises(LaunchRefused, match=r"no user 'nobody-at-all' on this host; .*'user' in \[cvm\]"):
        await homeless.launch(spec_in(tmp_path))
    await homeless.close()
