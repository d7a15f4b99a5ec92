"""What a VM asks for changes, or what its host has: over the whole server."""

from __future__ import annotations

from tests.gpus.asking import ALL, DETACH, ONE, OTHER, done, held, listed, refused
from tests.gpus.conftest import Settings, serving
from tests.gpus.machine import BUS_MASTER, Machine
from tests.in_process import InProcess
from tests.waiting import eventually
from vms.database import in_database
from vms.models import Gpu


async def test_an_update_of_a_running_vm_takes_effect_at_its_next_start(vmm: InProcess) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    await done(await vmm.call("UpdateVm", {"id": vm_id, "gpus": listed(OTHER)}))
    assert await held() == {ONE: vm_id}
    assert (await vmm.info(vm_id))["configuration"]["gpus"] == listed(OTHER)
    await done(await vmm.call("StopVm", {"id": vm_id}))
    await done(await vmm.call("StartVm", {"id": vm_id}))
    assert await held() == {OTHER: vm_id}
    await done(await vmm.call("UpdateVm", {"id": vm_id, "gpus": DETACH}))
    assert await held() == {OTHER: vm_id}
    await done(await vmm.call("StopVm", {"id": vm_id}))
    await done(await vmm.call("StartVm", {"id": vm_id}))
    assert await held() == {}


async def test_an_automatic_restart_takes_the_new_configuration_s(
    restarts_at_once: None, vmm: InProcess
) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    await done(await vmm.call("UpdateVm", {"id": vm_id, "gpus": listed(OTHER)}))
    vmm.driver.die(vm_id)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.restarts == 1 and vm.actual == "on")
    assert await held() == {OTHER: vm_id}


async def test_an_automatic_restart_that_can_t_have_it_says_so(
    restarts_at_once: None, vmm: InProcess
) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    holder = await vmm.create(name="holder", gpus=listed(OTHER))
    await done(await vmm.call("UpdateVm", {"id": vm_id, "gpus": listed(OTHER)}))
    vmm.driver.die(vm_id)
    why = f"gpus: {OTHER} is taken by VM 'holder' ({holder}, running)"
    await vmm.until(vm_id, lambda vm: vm is not None and vm.boot_error.startswith(why))
    assert (await held())[OTHER] == holder
    assert "launch" not in vmm.driver.verbs(vm_id)[1:]


async def test_a_gpu_that_the_host_uses_is_refused_until_it_rests(vmm: InProcess, machine: Machine) -> None:
    machine.command(f"0000:{ONE}", BUS_MASTER)
    await until_busy(True)
    message = await refused(vmm, "CreateVm", vmm.configuration(gpus=listed(ONE)))
    assert message == f"gpus: {ONE} can't be used: something on this host uses it (its bus-master bit is on)"
    machine.command(f"0000:{ONE}", 0)
    await until_busy(False)
    await vmm.create(gpus=listed(ONE))


async def until_busy(busy: bool) -> None:
    async def is_so() -> bool:
        return await in_database(Gpu.objects.filter(slot=ONE, is_busy=busy).exists)

    await eventually(is_so)


async def test_switched_off_there_are_none(
    transactional_db: None, test_image: str, machine: Machine, configured: Settings
) -> None:
    configured(enabled=False)
    async with serving(test_image) as vmm:
        assert (await vmm.call("ListGpus")).json() == {"gpus": [], "allow_attach_all": False}
        for gpus in (listed(ONE), ALL):
            message = await refused(vmm, "CreateVm", vmm.configuration(gpus=gpus))
            assert message == "gpus: this node gives no GPUs to VMs ([cvm.gpu] enabled)"
        await vmm.create(gpus=DETACH)


async def test_a_vm_of_a_node_that_gives_none_any_more_says_why_it_does_not_start(
    transactional_db: None, test_image: str, machine: Machine, configured: Settings
) -> None:
    async with serving(test_image) as first:
        vm_id = await first.create(stopped=True, gpus=listed(ONE))
    configured(enabled=False)
    async with serving(test_image) as second:
        assert "gives no GPUs to VMs" in await refused(second, "StartVm", {"id": vm_id})
        await done(await second.call("UpdateVm", {"id": vm_id, "gpus": DETACH}))
        await done(await second.call("StartVm", {"id": vm_id}))
