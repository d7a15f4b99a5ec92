"""Create, start, stop, shut down, remove: what a client sees, over the fake hypervisor."""

from __future__ import annotations

import asyncio

import pytest

from tests.in_process import InProcess
from vms.choices import Actual, Desired
from vms.hypervisor.base import ExitReason


async def test_a_created_vm_runs(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    info = await vmm.info(vm_id)
    assert info["status"] == "running"
    assert info["boot_progress"] == "booting"
    assert [call.verb for call in vmm.driver.calls if call.verb != "inspect"] == ["launch"]


async def test_a_vm_created_stopped_is_prepared_but_not_launched(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert await vmm.driver.scan() == [vm_id]
    assert "launch" not in {call.verb for call in vmm.driver.calls}


async def test_a_create_that_the_hypervisor_refuses_leaves_nothing_and_tells_its_words(
    vmm: InProcess,
) -> None:
    vmm.driver.refuse_launch(None, "Could not set up host forwarding rule 'tcp:127.0.0.1:8080-:80'")
    ports = [{"protocol": "tcp", "host_port": 8080, "vm_port": 80}]
    response = await vmm.call("CreateVm", vmm.configuration(ports=ports))
    assert response.status_code == 409
    assert response.json() == {
        "code": 409,
        "message": "Could not set up host forwarding rule 'tcp:127.0.0.1:8080-:80'",
    }
    await vmm.nothing_left()


async def test_start_and_stop_are_done_when_they_answer_and_may_be_repeated(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    for method, status in (("StopVm", "stopped"), ("StopVm", "stopped"), ("StartVm", "running")):
        response = await vmm.call(method, {"id": vm_id})
        assert (response.status_code, response.content) == (204, b"")
        assert (await vmm.info(vm_id))["status"] == status


async def test_a_start_that_is_refused_says_why_and_the_vm_shows_it(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    vmm.driver.refuse_launch(vm_id, "no room")
    response = await vmm.call("StartVm", {"id": vm_id})
    assert (response.status_code, response.json()["message"]) == (409, "no room")
    info = await vmm.info(vm_id)
    assert (info["status"], info["boot_error"]) == ("exited", "no room")


async def test_shutdown_asks_the_guest_and_the_vm_ends_stopped(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 204
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)
    info = await vmm.info(vm_id)
    assert (info["status"], info["shutdown_progress"]) == ("stopped", "powered off")
    assert await vmm.events(vm_id) == ["host.started", "host.shutdown_requested", "host.exited"]


async def test_a_guest_that_ignores_shutdown_is_stopping_until_it_is_stopped(vmm: InProcess) -> None:
    vmm.driver.ignores_powerdown = True
    vm_id = await vmm.create()
    assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["status"] == "stopping"
    assert (await vmm.call("StopVm", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["status"] == "stopped"


async def test_shutdown_of_an_exited_vm_is_refused_with_the_way_out(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.die(vm_id, ExitReason.GUEST_PANIC, 0)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)
    response = await vmm.call("ShutdownVm", {"id": vm_id})
    assert response.status_code == 409
    assert "use StopVm" in response.json()["message"]


async def test_start_while_shutting_down_brings_it_back_once_it_is_off(vmm: InProcess) -> None:
    vmm.driver.ignores_powerdown = True
    vm_id = await vmm.create()
    await vmm.call("ShutdownVm", {"id": vm_id})
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    vmm.driver.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.ON and not vm.shutdown_requested)
    assert sum(call.verb == "launch" for call in vmm.driver.calls) == 2


async def test_removal_takes_process_directory_row_cid_and_port(vmm: InProcess) -> None:
    ports = [{"protocol": "tcp", "host_port": 8080, "vm_port": 80}]
    vm_id = await vmm.create(ports=ports)
    first = await vmm.row(vm_id)
    assert (await vmm.call("RemoveVm", {"id": vm_id})).status_code == 204
    await vmm.until(vm_id, lambda vm: vm is None)
    await vmm.nothing_left()
    again = await vmm.row(await vmm.create(ports=ports))
    assert first is not None
    assert again is not None
    assert again.cid == first.cid


async def test_what_is_being_removed_can_only_be_removed(vmm: InProcess) -> None:
    vmm.driver.stop_delay_s = 0.5
    vm_id = await vmm.create()
    assert (await vmm.call("RemoveVm", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["status"] == "removing"
    for method in ("StartVm", "StopVm", "ShutdownVm", "UpgradeApp"):
        assert (await vmm.call(method, {"id": vm_id, "user_config": "x"})).status_code == 409
    assert (await vmm.call("RemoveVm", {"id": vm_id})).status_code == 204
    await vmm.until(vm_id, lambda vm: vm is None)


async def test_fifty_starts_at_once_are_one_launch(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    answers = await asyncio.gather(*(vmm.call("StartVm", {"id": vm_id}) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {204}
    assert sum(call.verb == "launch" for call in vmm.driver.calls) == 1


async def test_of_many_creates_with_one_port_exactly_one_wins(vmm: InProcess) -> None:
    ports = [{"protocol": "tcp", "host_port": 8080, "vm_port": 80}]
    requests = [vmm.call("CreateVm", vmm.configuration(name=f"vm-{n}", ports=ports)) for n in range(20)]
    answers = await asyncio.gather(*requests)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert len(await vmm.driver.scan()) == 1
    losers = {
        answer.json()["message"].split(" is taken by")[0] for answer in answers if answer.status_code == 409
    }
    assert losers == {"ports[0].host_port: tcp port 8080"}


async def test_a_crashed_vm_is_started_again_after_a_pause_and_says_so(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.die(vm_id, ExitReason.KILLED, 137)
    crashed = await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)
    assert crashed is not None
    assert crashed.next_retry_at_ms is not None
    info = await vmm.info(vm_id)
    assert info["status"] == "exited"
    assert "restarting in 5 s (try 1 of 5)" in info["boot_error"]


async def test_a_guest_that_switched_itself_off_stays_off(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)
    vm = await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)
    assert vm is not None
    assert vm.desired == Desired.STOPPED
    assert (await vmm.info(vm_id))["status"] == "stopped"


async def test_a_frozen_vm_is_unknown_never_launched_again_and_can_be_stopped(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.freeze(vm_id)
    assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 409
    vm = await vmm.row(vm_id)
    assert vm is not None
    assert vm.actual == Actual.UNKNOWN
    assert (await vmm.call("StopVm", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert sum(call.verb == "launch" for call in vmm.driver.calls) == 1


@pytest.mark.parametrize("method", ["StartVm", "StopVm", "ShutdownVm", "RemoveVm", "UpgradeApp", "ResizeVm"])
async def test_an_unknown_vm_is_404(vmm: InProcess, method: str) -> None:
    response = await vmm.call(method, {"id": "no-such-vm", "vcpu": 1})
    assert response.status_code == 404
    assert "no-such-vm" in response.json()["message"]


async def test_what_qemu_says_is_cleaned_before_it_is_kept_or_told(vmm: InProcess) -> None:
    vmm.driver.refuse_launch(None, "bad\0 \x1b[31mwords\u202e")
    response = await vmm.call("CreateVm", vmm.configuration())
    assert response.status_code == 409
    assert response.json()["message"] == "bad� �[31mwords�"
