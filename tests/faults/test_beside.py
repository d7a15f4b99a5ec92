"""A launch was cut off between its TPM and its QEMU, and then nobody wants it any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hypervisor import machines
from tests.in_process import services
from tests.rows import make_vm
from tests.waiting import eventually
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor import swtpm
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.rundir import RunDir

pytestmark = [pytest.mark.real, machines.needs_qemu]


async def test_what_a_cut_off_launch_started_beside_ends_with_it(
    transactional_db: None, test_image: str, tmp_path: Path, settings: Any
) -> None:
    settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm"})
    vm = await in_database(lambda: make_vm(desired="stopped", actual="starting", generation=2))
    driver = QemuDriver(tmp_path / "vm", machines.host_settings())
    await driver.prepare(replace(machines.guest_spec(machines.image(tmp_path), vm.pk), swtpm=True))
    child = await swtpm.start(RunDir(driver.directory(vm.pk)), driver.host, "this boot")
    try:
        async with services(driver):

            async def is_settled() -> bool:
                await in_database(vm.refresh_from_db)
                return vm.generation == vm.observed_generation

            await eventually(is_settled)
            assert machines.tpms_in(driver.run_path) == []
    finally:
        child.kill_all()
