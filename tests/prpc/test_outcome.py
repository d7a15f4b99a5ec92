"""What a request is told that waits for the worker, whatever else happens to the VM meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tests.in_process import InProcess
from vms.choices import Actual
from vms.errors import Conflict
from vms.live import bus
from vms.models import Vm
from vms.prpc import outcome


async def the_only_vm(vmm: InProcess) -> str:
    """The id of the VM that is being created."""
    while True:
        answer = (await vmm.call("Status")).json()
        if answer["vms"]:
            vm_id: str = answer["vms"][0]["id"]
            return vm_id
        await asyncio.sleep(0.01)


async def test_a_create_that_somebody_stops_meanwhile_is_not_taken_back(vmm: InProcess) -> None:
    vmm.driver.launch_delay_s = 0.3
    creating = asyncio.create_task(vmm.call("CreateVm", vmm.configuration()))
    vm_id = await the_only_vm(vmm)
    assert (await vmm.call("StopVm", {"id": vm_id})).status_code == 204
    created = await creating
    assert (created.status_code, created.json()) == (200, {"id": vm_id})
    assert (await vmm.info(vm_id))["status"] == "stopped"


async def test_who_waits_for_a_vm_that_is_gone_is_told_so(vmm: InProcess) -> None:
    with pytest.raises(Conflict, match="the VM was removed meanwhile"):
        await outcome.created("no-such-vm", 1)


async def test_a_client_that_goes_away_leaves_no_half_created_vm(vmm: InProcess) -> None:
    vmm.driver.launch_delay_s = 0.3
    vmm.driver.refuse_launch(None, "no room")
    creating = asyncio.create_task(vmm.call("CreateVm", vmm.configuration()))
    vm_id = await the_only_vm(vmm)
    creating.cancel()
    await vmm.until(vm_id, lambda vm: vm is None)
    await vmm.nothing_left()


async def test_a_stop_that_a_start_overtakes_is_told_so(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.stop_delay_s = 0.3
    stopping = asyncio.create_task(vmm.call("StopVm", {"id": vm_id}))
    await vmm.until(vm_id, lambda vm: vm is not None and vm.desired == "stopped")
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    stopped = await stopping
    assert stopped.status_code == 409
    assert "a later request for this VM overtook this one" in stopped.json()["message"]


async def test_what_takes_longer_than_the_bound_is_504_and_goes_on(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create()
    vmm.driver.stop_delay_s = 0.4
    monkeypatch.setattr(outcome, "MAX_WAIT_S", 0.1)
    stopped = await vmm.call("StopVm", {"id": vm_id})
    assert stopped.status_code == 504
    assert "it goes on" in stopped.json()["message"]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)


async def test_a_create_that_takes_longer_than_the_bound_answers_its_id(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vmm.driver.launch_delay_s = 0.4
    monkeypatch.setattr(outcome, "MAX_WAIT_S", 0.1)
    vm_id = await vmm.create()
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_a_refusal_is_told_also_when_no_row_is_heard_of(
    vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    vm_id = await vmm.create(stopped=True)
    monkeypatch.setattr(bus, "broadcast", lambda message: None)
    vmm.driver.refuse_launch(vm_id, "no room")
    refused = await vmm.call("StartVm", {"id": vm_id})
    assert (refused.status_code, refused.json()["message"]) == (409, "no room")


async def test_an_unreachable_vm_s_shutdown_fails_and_does_not_come_true_later(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.freeze(vm_id)
    assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 409
    vm = await vmm.row(vm_id)
    assert isinstance(vm, Vm)
    assert (vm.desired, vm.shutdown_requested) == ("running", False)
