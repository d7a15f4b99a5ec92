"""The host was started anew: what should run is started again, in order and a few at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.in_process import services
from tests.rows import make_vm
from tests.waiting import eventually
from vms.actions import recovery
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.fake import FakeDriver
from vms.models import Node, Vm
from vms.worker import start_queue
from vms.worker.execute import make


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_queue, "MAX_BOOT_S", 0.1)
    monkeypatch.setattr(start_queue, "BOOT_LOOK_S", 0.02)


@pytest.fixture
def run_path(transactional_db: None, tmp_path: Path, settings: Any) -> Path:
    auto = conf().cvm.auto_restart.model_copy(update={"enabled": False})
    cvm = conf().cvm.model_copy(update={"auto_restart": auto})
    settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm", "cvm": cvm})
    return tmp_path / "vm"


async def ran(run_path: Path, **changed: Any) -> Vm:
    """A VM that ran when the host went down."""
    vm = await in_database(lambda: make_vm(actual="on", pid=1, **changed))
    driver = FakeDriver(run_path, "before")
    made = await in_database(make, vm.pk, driver.directory(vm.pk), leasing=False)
    assert made is not None
    await driver.launch(made.launch.spec)
    await in_database(lambda: Node.objects.update(boot_id="before"))
    return vm


async def runs(vms: list[Vm]) -> bool:
    return await in_database(
        lambda: Vm.objects.filter(pk__in=[vm.pk for vm in vms], actual="on").count() == len(vms)
    )


def launched(driver: FakeDriver) -> list[str]:
    return [call.vm_id for call in driver.calls if call.verb == "launch"]


async def test_they_start_in_the_order_of_their_creation(run_path: Path, test_image: str) -> None:
    vms = [await ran(run_path, created_at_ms=1000 - n) for n in range(6)]
    stopped = await ran(run_path, desired="stopped")
    driver = FakeDriver(run_path, "after")
    async with services(driver):
        await eventually(lambda: runs(vms), 30)
    assert launched(driver) == [vm.pk for vm in reversed(vms)]
    await in_database(stopped.refresh_from_db)
    assert stopped.actual == "off"
    for vm in vms:
        await in_database(vm.refresh_from_db)
        assert (vm.restarts, vm.boot_error) == (0, "")


async def test_no_more_than_a_few_boot_at_once(
    run_path: Path, test_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "APART_MS", 0)
    vms = [await ran(run_path) for _ in range(8)]
    at_once, most = 0, 0

    class Counting(FakeDriver):
        async def launch(self, spec: Any) -> Any:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            try:
                return await super().launch(spec)
            finally:
                at_once -= 1

    driver = Counting(run_path, "after")
    driver.launch_delay_s = 0.05
    async with services(driver):
        await eventually(lambda: runs(vms), 30)
    assert most == conf().cvm.start_width


async def test_one_that_can_t_be_launched_holds_nobody_up(run_path: Path, test_image: str) -> None:
    vms = [await ran(run_path) for _ in range(5)]
    driver = FakeDriver(run_path, "after")
    for broken in vms[:2]:
        driver.refuse_launch(broken.pk, "no room")
    async with services(driver):
        await eventually(lambda: runs(vms[2:]), 30)
    for broken in vms[:2]:
        await in_database(broken.refresh_from_db)
        assert "no room" in broken.boot_error


async def test_a_server_that_starts_again_in_the_same_boot_starts_nothing(
    run_path: Path, test_image: str
) -> None:
    vm = await ran(run_path)
    async with services(FakeDriver(run_path, "after")):
        await eventually(lambda: runs([vm]), 30)
    driver = FakeDriver(run_path, "after")
    driver.die(vm.pk)
    async with services(driver):

        async def is_off() -> bool:
            await in_database(vm.refresh_from_db)
            return vm.actual == "off"

        await eventually(is_off, 30)
    assert launched(driver) == []
    assert vm.boot_error.endswith("automatic restart is off; start it by hand")


async def test_a_new_server_after_a_boot_starts_them_though_the_old_one_knew_of_no_boots(
    run_path: Path, test_image: str
) -> None:
    vm = await ran(run_path)
    await in_database(lambda: Node.objects.update(boot_id=""))
    async with services(FakeDriver(run_path, "after")):
        await eventually(lambda: runs([vm]), 30)
