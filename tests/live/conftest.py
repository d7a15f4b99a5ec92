from __future__ import annotations

import pytest

from tests.in_process import InProcess
from vms.hypervisor.rundir import RunDir
from vms.worker.log_rotation import LogRotation


@pytest.fixture
def no_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rotates by himself: the test does."""

    async def nothing(rotation: LogRotation) -> bool:
        return False

    monkeypatch.setattr(LogRotation, "look", nothing)


@pytest.fixture
async def vm(no_rotation: None, vmm: InProcess) -> RunDir:
    """The directory of a VM that runs, as far as the fake driver goes, and has printed nothing."""
    run_dir = RunDir(vmm.run_path / await vmm.create())
    run_dir.serial_log.write_bytes(b"")
    return run_dir
