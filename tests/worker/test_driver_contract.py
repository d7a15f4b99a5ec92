"""What every driver promises: the fake one and the real one pass the same tests."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.hypervisor import fat_reader, machines
from vms.hypervisor import guest
from vms.hypervisor.base import Driver, ExitReason, Power
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.fake import FakeDriver
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.spec import GuestSpec, ImageFiles, ShareMode

TOLD_WITHIN_S = 5.0
"""Far more than it takes (milliseconds), so that a busy machine fails no test."""


class Bench(Protocol):
    """A driver under test, and the hand of fate: what happens to a VM from outside."""

    driver: Driver
    idle: ImageFiles
    obedient: ImageFiles

    def restart(self) -> Driver: ...
    async def kill(self, vm_id: str) -> None: ...
    async def kill_tpm(self, vm_id: str) -> None: ...
    async def freeze(self, vm_id: str) -> None: ...
    def unlaunchable(self, spec: GuestSpec) -> GuestSpec: ...
    async def close(self) -> None: ...


class FakeBench:
    def __init__(self, folder: Path) -> None:
        self.run_path = folder / "run"
        self.idle = self.obedient = ImageFiles(folder / "kernel", folder / "initrd")
        self.fake = FakeDriver(self.run_path)
        self.driver: Driver = self.fake

    def restart(self) -> Driver:
        self.driver = self.fake = FakeDriver(self.run_path)
        return self.driver

    async def kill(self, vm_id: str) -> None:
        self.fake.die(vm_id, ExitReason.KILLED, 137)

    async def kill_tpm(self, vm_id: str) -> None:
        self.fake.kill_tpm(vm_id)

    async def freeze(self, vm_id: str) -> None:
        self.fake.freeze(vm_id)

    def unlaunchable(self, spec: GuestSpec) -> GuestSpec:
        self.fake.refuse_launch(spec.vm_id, "could not open kernel file")
        return spec

    async def close(self) -> None:
        await self.fake.close()


class RealBench:
    def __init__(self, folder: Path) -> None:
        self.run_path = folder / "run"
        self.idle = machines.image(folder)
        self.obedient = machines.image(folder, machines.OBEDIENT)
        self.open: list[QemuDriver] = []
        self.restart()

    def restart(self) -> Driver:
        self.open.append(QemuDriver(self.run_path, machines.host_settings(stop_grace_s=1.0)))
        self.driver: Driver = self.open[-1]
        return self.driver

    async def kill(self, vm_id: str) -> None:
        os.kill(await self._pid(vm_id), signal.SIGKILL)

    async def kill_tpm(self, vm_id: str) -> None:
        tpm = (await self.driver.inspect(vm_id)).tpm
        assert tpm is not None
        os.kill(tpm.pid, signal.SIGKILL)
        await machines.gone(tpm.pid)

    async def freeze(self, vm_id: str) -> None:
        os.kill(await self._pid(vm_id), signal.SIGSTOP)

    async def _pid(self, vm_id: str) -> int:
        pid = (await self.driver.inspect(vm_id)).pid
        assert pid is not None
        return pid

    def unlaunchable(self, spec: GuestSpec) -> GuestSpec:
        missing = replace(spec.image, kernel=self.run_path / "no-kernel")
        return replace(spec, image=missing)

    async def close(self) -> None:
        for vm_id in await self.driver.scan():
            await self.driver.stop(vm_id)
        for driver in self.open:
            await driver.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=[pytest.mark.real, machines.needs_qemu])])
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    monkeypatch.setattr(guest, "QMP_TIMEOUT_S", 1.0)
    made: Bench = FakeBench(tmp_path) if request.param == "fake" else RealBench(tmp_path)
    yield made
    await made.close()


async def running(bench: Bench, vm_id: str = "vm-1") -> GuestSpec:
    spec = machines.guest_spec(bench.idle, vm_id)
    await bench.driver.launch(spec)
    return spec


class Ear:
    """A listener that remembers, and can be waited for."""

    def __init__(self, driver: Driver) -> None:
        self.heard: list[str] = []
        self._news = asyncio.Event()
        driver.on_exit(self._listen)

    async def _listen(self, vm_id: str) -> None:
        self.heard.append(vm_id)
        self._news.set()

    async def wait(self) -> None:
        async with asyncio.timeout(TOLD_WITHIN_S):
            await self._news.wait()


async def test_a_vm_nobody_made_is_absent(bench: Bench) -> None:
    assert (await bench.driver.inspect("vm-1")).power is Power.ABSENT
    assert await bench.driver.scan() == []


@pytest.mark.parametrize("vm_id", ["../vm", "a/b", "", "a" * 65, ".", "a\n"])
async def test_an_id_that_is_no_plain_name_reaches_no_path(bench: Bench, vm_id: str) -> None:
    with pytest.raises(ValueError, match="not a VM id"):
        bench.driver.directory(vm_id)
    with pytest.raises(ValueError, match="not a VM id"):
        await bench.driver.inspect(vm_id)


async def test_a_prepared_vm_is_off_and_has_its_files(bench: Bench) -> None:
    spec = machines.guest_spec(bench.idle)
    await bench.driver.prepare(spec)
    seen = await bench.driver.inspect("vm-1")
    directory = bench.driver.directory("vm-1")
    assert (seen.power, seen.generation, seen.exit) == (Power.OFF, 0, None)
    assert (directory / "vm-manifest.json").read_bytes() == spec.run_files["vm-manifest.json"]
    assert (directory / "shared" / "app-compose.json").read_bytes() == b"{}"
    assert await bench.driver.scan() == ["vm-1"]


async def test_preparing_again_changes_only_what_changed(bench: Bench) -> None:
    spec = machines.guest_spec(bench.idle)
    before = {"same": b"1", "changed": b"2", "dropped": b"3"}
    await bench.driver.prepare(replace(spec, shared_files=before))
    shared = bench.driver.directory("vm-1") / "shared"
    inode = (shared / "same").stat().st_ino
    after = {"same": b"1", "changed": b"22", "dropped": None, "never-was": None}
    await bench.driver.prepare(replace(spec, shared_files=after))
    assert {path.name: path.read_bytes() for path in shared.iterdir()} == {"same": b"1", "changed": b"22"}
    assert (shared / "same").stat().st_ino == inode


async def test_a_file_name_that_leads_elsewhere_is_refused(bench: Bench, tmp_path: Path) -> None:
    spec = replace(machines.guest_spec(bench.idle), shared_files={"../../../escaped": b""})
    with pytest.raises(LaunchRefused, match="plain file name"):
        await bench.driver.launch(spec)
    assert not (tmp_path / "escaped").exists()


async def test_a_launched_vm_is_on(bench: Bench) -> None:
    spec = replace(machines.guest_spec(bench.idle), generation=7)
    launched = await bench.driver.launch(spec)
    assert (launched.power, launched.generation, launched.exit) == (Power.ON, 7, None)
    assert launched.pid is not None
    assert launched.started_at_ms is not None
    assert await bench.driver.inspect("vm-1") == launched
    assert (bench.driver.directory("vm-1") / "serial.log").exists()


async def test_launching_what_runs_already_changes_nothing(bench: Bench) -> None:
    spec = machines.guest_spec(bench.idle)
    launched = await bench.driver.launch(spec)
    assert await bench.driver.launch(spec) == launched


async def test_launching_another_generation_of_what_runs_is_refused(bench: Bench) -> None:
    spec = await running(bench)
    with pytest.raises(LaunchRefused, match="runs already"):
        await bench.driver.launch(replace(spec, generation=2))
    assert (await bench.driver.inspect("vm-1")).generation == 1


async def test_a_refused_launch_leaves_nothing_running_and_says_why(bench: Bench) -> None:
    spec = machines.guest_spec(bench.idle)
    with pytest.raises(LaunchRefused, match="could not open kernel file") as refused:
        await bench.driver.launch(bench.unlaunchable(spec))
    seen = await bench.driver.inspect("vm-1")
    assert len(str(refused.value)) <= 2048
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert seen.exit.reason is ExitReason.ERROR
    assert "could not open kernel file" in seen.exit.detail


async def test_a_tpm_lives_as_long_as_its_vm_runs_and_its_state_as_long_as_there_is_the_vm(
    bench: Bench,
) -> None:
    spec = replace(machines.guest_spec(bench.idle), swtpm=True)
    state = bench.driver.directory("vm-1") / "swtpm"
    first = await bench.driver.launch(spec)
    kept = {path.name for path in state.iterdir()}
    await bench.driver.stop("vm-1")
    assert (await bench.driver.inspect("vm-1")).tpm is None
    assert {path.name for path in state.iterdir()} == kept
    second = await bench.driver.launch(replace(spec, generation=2))
    assert first.tpm is not None
    assert second.tpm is not None
    assert first.tpm.is_alive
    assert second.tpm.is_alive
    assert first.tpm.pid != second.tpm.pid
    assert kept
    await bench.driver.stop("vm-1")
    await bench.driver.remove("vm-1")
    assert not state.exists()


async def test_a_vm_that_was_given_no_tpm_this_time_has_none(bench: Bench) -> None:
    spec = replace(machines.guest_spec(bench.idle), swtpm=True)
    await bench.driver.launch(spec)
    await bench.driver.stop("vm-1")
    launched = await bench.driver.launch(replace(spec, swtpm=False, generation=2))
    assert (launched.power, launched.tpm) == (Power.ON, None)
    assert (bench.driver.directory("vm-1") / "swtpm").is_dir()


async def test_a_tpm_that_ends_is_told_and_its_vm_goes_on(bench: Bench) -> None:
    launched = await bench.driver.launch(replace(machines.guest_spec(bench.idle), swtpm=True))
    ear = Ear(bench.driver)
    await bench.kill_tpm("vm-1")
    await ear.wait()
    seen = await bench.driver.inspect("vm-1")
    assert (seen.power, seen.pid) == (Power.ON, launched.pid)
    assert seen.tpm is not None
    assert launched.tpm is not None
    assert (seen.tpm.pid, seen.tpm.is_alive) == (launched.tpm.pid, False)
    assert ear.heard == ["vm-1"]
    await bench.driver.close()
    assert await bench.restart().inspect("vm-1") == seen


async def test_a_restarted_server_is_told_when_a_tpm_ends(bench: Bench) -> None:
    await bench.driver.launch(replace(machines.guest_spec(bench.idle), swtpm=True))
    await bench.driver.close()
    ear = Ear(bench.restart())
    await bench.driver.inspect("vm-1")
    await bench.kill_tpm("vm-1")
    await ear.wait()
    tpm = (await bench.driver.inspect("vm-1")).tpm
    assert tpm is not None
    assert not tpm.is_alive


async def test_each_launch_builds_the_shared_disk_anew_where_the_guest_gets_one(bench: Bench) -> None:
    spec = replace(machines.guest_spec(bench.idle), share_mode=ShareMode.VHD)
    disk = bench.driver.directory("vm-1") / "shared.img"
    await bench.driver.launch(spec)
    assert fat_reader.read(disk.read_bytes()).files == {"app-compose.json": b"{}"}
    await bench.driver.stop("vm-1")
    changed = replace(spec, generation=2, shared_files={"app-compose.json": None, ".user-config": b"1"})
    await bench.driver.launch(changed)
    assert fat_reader.read(disk.read_bytes()).files == {".user-config": b"1"}
    await bench.driver.stop("vm-1")
    await bench.driver.launch(replace(changed, generation=3, share_mode=ShareMode.NINEP))
    assert not disk.exists()


async def test_what_fits_on_no_shared_disk_is_refused_and_nothing_runs(bench: Bench) -> None:
    much = {"app-compose.json": bytes(128 * 2**20)}
    spec = replace(machines.guest_spec(bench.idle), share_mode=ShareMode.VHD, shared_files=much)
    with pytest.raises(LaunchRefused, match="1 files of 134217728 bytes don't fit"):
        await bench.driver.launch(spec)
    assert (await bench.driver.inspect("vm-1")).power is Power.OFF


async def test_a_volume_is_never_written_and_must_be_there(bench: Bench, tmp_path: Path) -> None:
    volume = tmp_path / "a, volume.img"
    spec = replace(machines.guest_spec(bench.idle), volumes=(volume,))
    with pytest.raises(LaunchRefused, match=r"Could not open '.*a, volume\.img': No such file"):
        await bench.driver.launch(spec)
    volume.write_bytes(b"verity" * 1000)
    volume.chmod(0o400)
    assert (await bench.driver.launch(spec)).power is Power.ON
    await bench.driver.stop("vm-1")
    await bench.driver.remove("vm-1")
    assert volume.read_bytes() == b"verity" * 1000


async def test_a_cancelled_launch_can_be_repeated(bench: Bench) -> None:
    spec = machines.guest_spec(bench.idle)
    for steps in (1, 3, 10, 30):
        launch = asyncio.ensure_future(bench.driver.launch(spec))
        for _ in range(steps):
            await asyncio.sleep(0)
        launch.cancel()
        await asyncio.gather(launch, return_exceptions=True)
    assert (await bench.driver.launch(spec)).power is Power.ON


async def test_vms_are_launched_side_by_side(bench: Bench) -> None:
    specs = [machines.guest_spec(bench.idle, f"vm-{number}") for number in range(3)]
    launched = await asyncio.gather(*(bench.driver.launch(spec) for spec in specs))
    assert [seen.power for seen in launched] == [Power.ON] * 3
    assert len({seen.pid for seen in launched}) == 3
    assert await bench.driver.scan() == ["vm-0", "vm-1", "vm-2"]


async def test_a_killed_vm_is_told_and_known_as_killed(bench: Bench) -> None:
    await running(bench)
    ear = Ear(bench.driver)
    await bench.kill("vm-1")
    await ear.wait()
    seen = await bench.driver.inspect("vm-1")
    assert ear.heard == ["vm-1"]
    assert (seen.power, seen.generation, seen.pid) == (Power.OFF, 1, None)
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.KILLED, 137)


async def test_how_it_ended_is_told_the_same_every_time(bench: Bench) -> None:
    await running(bench)
    await bench.kill("vm-1")
    seen = await bench.driver.inspect("vm-1")
    assert seen.exit is not None
    assert await bench.driver.inspect("vm-1") == seen
    assert await bench.restart().inspect("vm-1") == seen


async def test_a_new_launch_forgets_the_last_end_and_keeps_its_logs(bench: Bench) -> None:
    spec = await running(bench)
    directory = bench.driver.directory("vm-1")
    with (directory / "serial.log").open("ab") as log:
        log.write(b"first boot")
    await bench.driver.stop("vm-1")
    launched = await bench.driver.launch(replace(spec, generation=2))
    assert (launched.power, launched.generation, launched.exit) == (Power.ON, 2, None)
    assert b"first boot" not in (directory / "serial.log").read_bytes()
    assert b"first boot" in (directory / "serial.log.000001.000000000000").read_bytes()


async def test_stop_ends_it_and_is_no_end_by_itself(bench: Bench) -> None:
    await running(bench)
    await bench.driver.stop("vm-1")
    seen = await bench.driver.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.HOST_QUIT, 0)


async def test_stopping_what_does_not_run_is_nothing(bench: Bench) -> None:
    await bench.driver.stop("vm-1")
    await bench.driver.prepare(machines.guest_spec(bench.idle))
    await bench.driver.stop("vm-1")
    assert (await bench.driver.inspect("vm-1")).exit is None


async def test_the_power_button_ends_a_guest_that_obeys(bench: Bench) -> None:
    ear = Ear(bench.driver)
    await bench.driver.launch(machines.guest_spec(bench.obedient))
    if isinstance(bench, RealBench):
        await machines.tell(bench.driver.directory("vm-1"), b"?")
    await bench.driver.powerdown("vm-1")
    await ear.wait()
    seen = await bench.driver.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.GUEST_SHUTDOWN, 0)


async def test_pressing_the_button_of_what_does_not_run_is_not_answered(bench: Bench) -> None:
    with pytest.raises(NotAnswering):
        await bench.driver.powerdown("vm-1")


async def test_a_vm_that_lives_but_does_not_answer_is_unknown_and_left_alone(bench: Bench) -> None:
    spec = await running(bench)
    await bench.freeze("vm-1")
    assert (await bench.driver.inspect("vm-1")).power is Power.UNKNOWN
    with pytest.raises(LaunchRefused):
        await bench.driver.launch(replace(spec, generation=2))
    with pytest.raises(RuntimeError):
        await bench.driver.remove("vm-1")
    with pytest.raises(NotAnswering):
        await bench.driver.powerdown("vm-1")


async def test_a_vm_that_does_not_answer_can_be_stopped(bench: Bench) -> None:
    await running(bench)
    await bench.freeze("vm-1")
    await bench.driver.stop("vm-1")
    seen = await bench.driver.inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert seen.exit.reason is ExitReason.KILLED


async def test_a_restarted_server_adopts_what_runs(bench: Bench) -> None:
    await running(bench)
    before = await bench.driver.inspect("vm-1")
    await bench.driver.close()
    adopter = bench.restart()
    ear = Ear(adopter)
    assert await adopter.inspect("vm-1") == before
    await bench.kill("vm-1")
    await ear.wait()
    assert (await adopter.inspect("vm-1")).power is Power.OFF


async def test_an_end_while_no_server_was_there_is_known(bench: Bench) -> None:
    await running(bench)
    await bench.kill("vm-1")
    await bench.driver.close()
    seen = await bench.restart().inspect("vm-1")
    assert seen.power is Power.OFF
    assert seen.exit is not None
    assert (seen.exit.reason, seen.exit.code) == (ExitReason.KILLED, 137)


async def test_remove_deletes_and_can_be_repeated(bench: Bench) -> None:
    await running(bench)
    with pytest.raises(RuntimeError):
        await bench.driver.remove("vm-1")
    await bench.driver.stop("vm-1")
    await bench.driver.remove("vm-1")
    await bench.driver.remove("vm-1")
    assert (await bench.driver.inspect("vm-1")).power is Power.ABSENT
    assert await bench.driver.scan() == []


async def test_an_interrupted_removal_is_found_and_goes_on(bench: Bench) -> None:
    directory = bench.driver.directory("vm-1")
    directory.mkdir(parents=True)
    (directory / ".removing").touch()
    assert await bench.driver.scan() == ["vm-1"]
    with pytest.raises(LaunchRefused, match="being removed"):
        await bench.driver.launch(machines.guest_spec(bench.idle))
    await bench.driver.remove("vm-1")
    assert not directory.exists()


async def test_removing_follows_no_link(bench: Bench, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    await bench.driver.prepare(machines.guest_spec(bench.idle))
    (bench.driver.directory("vm-1") / "shared" / "link").symlink_to(precious)
    (bench.driver.directory("vm-1") / "link").symlink_to(precious)
    await bench.driver.remove("vm-1")
    assert (precious / "file").read_text() == "kept"


async def test_scan_finds_vms_only(bench: Bench, tmp_path: Path) -> None:
    for vm_id in ("vm-b", "vm-a"):
        await bench.driver.prepare(machines.guest_spec(bench.idle, vm_id))
    run_path = bench.driver.directory("vm-a").parent
    (run_path / "lost+found").mkdir()
    (run_path / "empty").mkdir()
    (run_path / "file").touch()
    (run_path / "link").symlink_to(run_path / "vm-a")
    assert await bench.driver.scan() == ["vm-a", "vm-b"]
