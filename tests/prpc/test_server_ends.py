"""A request that waits while the server ends is answered, and what it asked for goes on."""

from __future__ import annotations

import asyncio

import pytest

from tests.in_process import InProcess
from tests.waiting import eventually
from vms import settling
from vms.choices import Actual


@pytest.fixture(autouse=True)
def _goes_on_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_ends_at", None)


async def test_who_waits_is_told_that_it_goes_on(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    vmm.driver.launch_delay_s = 1.0
    answer = asyncio.create_task(vmm.call("StartVm", {"id": vm_id}))
    await eventually(lambda: "launch" in vmm.driver.verbs(vm_id))
    settling.server_ends(0.05)
    response = await answer
    assert response.status_code == 504
    assert response.json()["message"].startswith("StartVm is not done, and the server is ending now; ")
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_a_vm_whose_maker_is_told_so_is_not_taken_back(vmm: InProcess) -> None:
    vmm.driver.launch_delay_s = 1.0
    answer = asyncio.create_task(vmm.call("CreateVm", vmm.configuration()))
    await eventually(lambda: any(call.verb == "launch" for call in vmm.driver.calls))
    settling.server_ends(0.05)
    assert (await answer).status_code == 504
    (vm_id,) = await vmm.driver.scan()
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_who_asks_while_it_ends_is_answered_too(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    vmm.driver.launch_delay_s = 1.0
    settling.server_ends(0)
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 504
    assert (await vmm.call("Version")).status_code == 200
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_what_is_done_in_time_is_answered_as_ever(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    vmm.driver.launch_delay_s = 0.2
    answer = asyncio.create_task(vmm.call("StartVm", {"id": vm_id}))
    await eventually(lambda: "launch" in vmm.driver.verbs(vm_id))
    settling.server_ends(30)
    assert (await answer).status_code == 204
