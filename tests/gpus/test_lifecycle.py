"""GPUs through the life of VMs: the whole server, over the API, on recorded machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gpus.asking import ALL, DETACH, ONE, OTHER, SWITCHES, done, eight_h200, held, listed, off, refused
from tests.gpus.conftest import serving
from tests.gpus.machine import BUS_MASTER, Machine
from tests.in_process import InProcess
from vms.database import in_database
from vms.hypervisor.base import ExitReason
from vms.models import Vm


async def test_list_gpus_follows_the_leases(vmm: InProcess) -> None:
    free = {"slot": ONE, "product_id": "10de:2331", "description": "10de:2331", "is_free": True}
    answer = (await vmm.call("ListGpus")).json()
    assert answer == {"gpus": [free, free | {"slot": OTHER}], "allow_attach_all": True}
    await vmm.create(gpus=listed(ONE))
    assert [gpu["is_free"] for gpu in (await vmm.call("ListGpus")).json()["gpus"]] == [False, True]


async def test_two_vms_one_gpu(vmm: InProcess) -> None:
    first = await vmm.create(name="first", gpus=listed(ONE))
    message = await refused(vmm, "CreateVm", vmm.configuration(gpus=listed(OTHER, ONE)))
    assert message == f"gpus: {ONE} is taken by VM 'first' ({first}, running)"
    assert await held() == {ONE: first}
    assert await in_database(Vm.objects.count) == 1


async def test_stopped_vms_may_share_and_the_first_that_starts_has_it(vmm: InProcess) -> None:
    first, second = [await vmm.create(name=name, stopped=True, gpus=listed(ONE)) for name in ("a", "b")]
    assert await held() == {}
    await done(await vmm.call("StartVm", {"id": first}))
    assert f"{ONE} is taken by VM 'a' ({first}, running)" in await refused(vmm, "StartVm", {"id": second})
    assert (await vmm.info(second))["status"] == "stopped"
    await done(await vmm.call("StopVm", {"id": first}))
    await off(vmm, first)
    assert await held() == {}
    await done(await vmm.call("StartVm", {"id": second}))
    assert await held() == {ONE: second}


@pytest.mark.parametrize("slot", ["0000:C1:00.0", "c1:00.0", "0000:c1:00.0", "C1:00.0"])
async def test_a_slot_is_kept_as_it_is_listed(vmm: InProcess, slot: str) -> None:
    vm_id = await vmm.create(stopped=True, gpus=listed(slot))
    assert (await vmm.info(vm_id))["configuration"]["gpus"] == {
        "attach_mode": "listed",
        "gpus": [{"slot": OTHER}],
    }
    await done(await vmm.call("UpdateVm", {"id": vm_id, "gpus": listed(f"0000:{ONE}")}))
    await done(await vmm.call("StartVm", {"id": vm_id}))
    assert await held() == {ONE: vm_id}


@pytest.mark.parametrize(
    "gpus, code, message",
    [
        (listed(ONE, f"0000:{ONE}"), 400, f"gpus.gpus[1].slot: {ONE} is already gpus.gpus[0]"),
        (listed(f"{ONE},x=y"), 400, "gpus.gpus[0].slot: must be a PCI address"),
        (listed(f"{ONE}\n"), 400, "gpus.gpus[0].slot: must be a PCI address"),
        (listed("../../etc"), 400, "gpus.gpus[0].slot: must be a PCI address"),
        (listed("66:00.0"), 404, f"gpus.gpus[0].slot: 66:00.0 is no GPU of this node; it has {ONE}, {OTHER}"),
        (
            listed(ONE, "c4:00.0"),
            409,
            "gpus.gpus[1].slot: c4:00.0 (1a03:2000) is not given to VMs: its product",
        ),
        ({"attach_mode": "some"}, 400, "gpus.attach_mode: must be listed or all"),
    ],
)
async def test_what_can_t_be_given_is_said_at_create_and_update(
    vmm: InProcess, gpus: dict[str, Any], code: int, message: str
) -> None:
    vm_id = await vmm.create(stopped=True)
    create = vmm.configuration(gpus=gpus, stopped=True)
    assert (await refused(vmm, "CreateVm", create, code)).startswith(message)
    assert (await refused(vmm, "UpdateVm", {"id": vm_id, "gpus": gpus}, code)).startswith(message)
    assert (await vmm.info(vm_id))["configuration"]["gpus"] == DETACH


async def test_one_that_ended_keeps_it_for_its_restart(vmm: InProcess) -> None:
    vm_id = await vmm.create(name="crashed", gpus=listed(ONE))
    vmm.driver.die(vm_id)
    assert (await off(vmm, vm_id)).next_retry_at_ms is not None
    message = await refused(vmm, "CreateVm", vmm.configuration(gpus=listed(ONE)))
    assert message == f"gpus: {ONE} is taken by VM 'crashed' ({vm_id}, exited)"
    await done(await vmm.call("StopVm", {"id": vm_id}))
    await vmm.create(gpus=listed(ONE))


async def test_one_that_is_not_restarted_gives_it_back(no_restarts: None, vmm: InProcess) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    vmm.driver.die(vm_id)
    await off(vmm, vm_id)
    other = await vmm.create(name="other", gpus=listed(ONE))
    assert f"taken by VM 'other' ({other}" in await refused(vmm, "StartVm", {"id": vm_id})


async def test_one_that_switches_itself_off_gives_it_back(vmm: InProcess) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    vmm.driver.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)
    await off(vmm, vm_id)
    assert await held() == {}


async def test_one_that_does_not_answer_keeps_it_whatever_should_be(vmm: InProcess) -> None:
    vm_id = await vmm.create(name="frozen", gpus=listed(ONE))
    vmm.driver.freeze(vm_id)
    await vmm.call("ShutdownVm", {"id": vm_id})
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "unknown")
    message = await refused(vmm, "CreateVm", vmm.configuration(gpus=listed(ONE)))
    assert f"{ONE} is taken by VM 'frozen' ({vm_id}" in message
    await done(await vmm.call("StopVm", {"id": vm_id}))
    await off(vmm, vm_id)
    assert await held() == {}


async def test_a_create_that_fails_gives_it_back(vmm: InProcess) -> None:
    vmm.driver.refuse_launch(None, "vfio: group 30 is not viable")
    assert "not viable" in await refused(vmm, "CreateVm", vmm.configuration(gpus=listed(ONE)))
    assert await held() == {}
    vmm.driver.refuse_launch(None, None)
    await vmm.create(gpus=listed(ONE))


async def test_a_removed_vm_gives_it_back_when_it_is_gone(vmm: InProcess) -> None:
    vm_id = await vmm.create(gpus=listed(ONE))
    vmm.driver.stop_delay_s = 0.5
    await done(await vmm.call("RemoveVm", {"id": vm_id}))
    assert await held() == {ONE: vm_id}
    await vmm.until(vm_id, lambda vm: vm is None)
    await vmm.create(gpus=listed(ONE))


async def test_a_restart_of_the_server_changes_nothing(
    transactional_db: None, test_image: str, machine: Machine
) -> None:
    async with serving(test_image) as first:
        runs = await first.create(gpus=listed(ONE))
        waits = await first.create(gpus=listed(OTHER))
        first.driver.die(waits)
        await off(first, waits)
    machine.command(f"0000:{ONE}", BUS_MASTER)
    async with serving(test_image) as second:
        assert await held() == {ONE: runs, OTHER: waits}
        assert f"taken by VM 'my-app' ({runs}" in await refused(
            second, "CreateVm", second.configuration(gpus=listed(ONE))
        )
        await done(await second.call("StopVm", {"id": runs}))
        await off(second, runs)
        assert await held() == {OTHER: waits}


async def test_an_end_while_the_server_was_down_gives_it_back(
    transactional_db: None, test_image: str, machine: Machine
) -> None:
    async with serving(test_image) as first:
        vm_id = await first.create(gpus=listed(ONE))
    first.driver.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)
    async with serving(test_image):
        assert await held() == {}


@eight_h200
async def test_all_and_its_switches(vmm: InProcess) -> None:
    one = await vmm.create(name="one", gpus=listed("ab:00.0"))
    assert "ab:00.0 is taken by VM 'one'" in await refused(vmm, "CreateVm", vmm.configuration(gpus=ALL))
    await done(await vmm.call("StopVm", {"id": one}))
    await off(vmm, one)
    everything = await vmm.create(name="everything", gpus=ALL)
    found = await held()
    assert (len(found), set(found.values())) == (12, {everything})
    given = json.loads((vmm.run_path / everything / "vm-manifest.json").read_text())["gpus"]
    assert [gpu["slot"] for gpu in given["gpus"]] == sorted(set(found) - set(SWITCHES))
    assert tuple(bridge["slot"] for bridge in given["bridges"]) == SWITCHES
    assert not any(gpu["is_free"] for gpu in (await vmm.call("ListGpus")).json()["gpus"])
    assert "ab:00.0 is taken by VM 'everything'" in await refused(vmm, "StartVm", {"id": one})
    await done(await vmm.call("StopVm", {"id": everything}))
    await off(vmm, everything)
    assert await held() == {}
