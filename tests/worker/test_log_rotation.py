"""The worker keeps what VMs write within ``[cvm.log]``, also what they wrote while no server ran."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess, running
from tests.waiting import eventually
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor import log_rotation
from vms.hypervisor.log_files import look_at, read
from vms.models import Node
from vms.worker.log_rotation import LogRotation

MAX_BYTES = 8192


@pytest.fixture(autouse=True)
def small(settings: Any) -> None:
    log = conf().cvm.log.model_copy(
        update={"max_bytes": MAX_BYTES, "max_backups": 2, "check_interval_secs": 0.05}
    )
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update={"log": log})})


def bytes_in(folder: Path) -> int:
    """All that its logs take, segments included."""
    return sum(path.stat().st_size for path in folder.glob("s*.log*"))


async def rotation_of(vmm: InProcess) -> LogRotation:
    """Another look at the same VMs."""
    return LogRotation(vmm.driver, await in_database(lambda: Node.objects.get().pk))


@pytest.fixture
async def vm(small: None, vmm: InProcess) -> Path:
    return vmm.run_path / await vmm.create()


async def test_a_vm_that_prints_without_end_takes_no_more_than_it_may(vm: Path) -> None:
    for number in range(60):
        with (vm / "serial.log").open("ab") as log, (vm / "stderr.log").open("ab") as other:
            log.write(b"%04d" % number * 500)
            other.write(b"%04d" % number * 500)
        await eventually(lambda: (vm / "serial.log").stat().st_size <= MAX_BYTES)
    await eventually(lambda: bytes_in(vm) <= 2 * 3 * MAX_BYTES)
    boot = look_at(vm / "serial.log").boots()[-1]
    begin, data = read(vm / "serial.log", boot.number, boot.end - 2000, 3000)
    assert (begin, data) == (boot.end - 2000, b"0059" * 500)


async def test_what_was_written_while_no_server_ran_is_cut_first(
    transactional_db: None, test_image: str, tmp_path: Path, settings: Any
) -> None:
    settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm"})
    async with running(tmp_path / "vm", test_image) as server:
        vm = server.run_path / await server.create(stopped=True)
    (vm / "serial.log").write_bytes(b"x" * 3_000_000 + b"end\n")
    async with running(tmp_path / "vm", test_image):
        await eventually(lambda: bytes_in(vm) <= 3 * MAX_BYTES)
        boot = look_at(vm / "serial.log").boots()[-1]
        assert boot.end == 3_000_004
        assert read(vm / "serial.log", boot.number, boot.end - 4, 10)[1] == b"end\n"


async def test_of_a_vm_that_ended_the_last_is_cut_too(vmm: InProcess, vm: Path) -> None:
    rotation = await rotation_of(vmm)
    await rotation.look()
    await vmm.call("StopVm", {"id": vm.name})
    (vm / "serial.log").write_bytes(b"x" * 100_000)
    await rotation.look()
    assert bytes_in(vm) <= 3 * MAX_BYTES


async def test_what_another_program_started_is_left_alone(vmm: InProcess, vm: Path) -> None:
    await vmm.call("StopVm", {"id": vm.name})
    vmm.driver.start_foreign(vm.name)
    (vm / "serial.log").write_bytes(b"x" * 100_000)
    rotation = await rotation_of(vmm)
    assert not await rotation.look()
    assert (vm / "serial.log").stat().st_size == 100_000


async def test_a_log_that_cannot_be_rotated_is_told_of_once(
    vmm: InProcess, vm: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*args: Any) -> bool:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(log_rotation, "rotate", refused)
    with caplog.at_level(logging.INFO, "vms.worker.log_rotation"):
        with (vm / "serial.log").open("ab") as log:
            log.write(b"x" * 100_000)
        await eventually(lambda: "grow on: [Errno 30] Read-only" in caplog.text)
        asked = len(caplog.records)
        monkeypatch.undo()
        await eventually(lambda: "can be rotated again" in caplog.text)
    assert asked == 1
    assert bytes_in(vm) <= 3 * MAX_BYTES


async def test_a_vm_that_is_removed_is_not_rotated_any_more(vmm: InProcess, vm: Path) -> None:
    await vmm.call("RemoveVm", {"id": vm.name})
    await eventually(lambda: not vm.exists())
    await (await rotation_of(vmm)).look()
    assert not vm.exists()
