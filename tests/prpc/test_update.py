"""UpgradeApp, UpdateVm, ResizeVm: all or nothing, through create's own validation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.in_process import COMPOSE, InProcess
from vms.hypervisor.base import ExitReason

OTHER_COMPOSE = COMPOSE.replace("hello", "other")
PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}


async def test_empty_fields_change_nothing(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True, encrypted_env="00ff", user_config="{}", ports=[PORT])
    before = await vmm.info(vm_id)
    response = await vmm.call(
        "UpgradeApp", {"id": vm_id, "compose_file": "", "encrypted_env": "", "ports": []}
    )
    assert (response.status_code, response.json()) == (200, {"id": vm_id})
    assert await vmm.info(vm_id) == before


async def test_a_new_compose_file_keeps_the_app_id(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    before = await vmm.info(vm_id)
    await vmm.call("UpgradeApp", {"id": vm_id, "compose_file": OTHER_COMPOSE})
    after = await vmm.info(vm_id)
    assert after["configuration"]["compose_file"] == OTHER_COMPOSE
    assert after["app_id"] == before["app_id"]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    assert (vmm.run_path / vm_id / "shared" / "app-compose.json").read_text() == OTHER_COMPOSE


async def test_a_running_vm_is_updated_at_its_next_start(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    shared = vmm.run_path / vm_id / "shared" / "app-compose.json"
    assert (await vmm.call("UpgradeApp", {"id": vm_id, "compose_file": OTHER_COMPOSE})).status_code == 200
    assert shared.read_text() == COMPOSE
    await vmm.call("StopVm", {"id": vm_id})
    await vmm.call("StartVm", {"id": vm_id})
    assert shared.read_text() == OTHER_COMPOSE


async def test_ports_change_only_with_their_flag(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True, ports=[PORT])
    other = PORT | {"host_port": 9090, "host_address": "127.0.0.1"}

    async def ports_after(**request: Any) -> list[int]:
        response = await vmm.call("UpgradeApp", {"id": vm_id} | request)
        assert response.status_code == 200, response.text
        return [port["host_port"] for port in (await vmm.info(vm_id))["configuration"]["ports"]]

    assert await ports_after(ports=[other]) == [8080]
    assert await ports_after(ports=[other], update_ports=True) == [9090]
    assert await ports_after(ports=[], update_ports=True) == []


async def test_one_wrong_field_changes_nothing_at_all(vmm: InProcess) -> None:
    await vmm.create(name="holder", ports=[PORT])
    vm_id = await vmm.create(stopped=True)
    before = await vmm.info(vm_id)
    for wrong in (
        {"update_ports": True, "ports": [PORT]},
        {"update_kms_urls": True, "kms_urls": ["nonsense"]},
        {"vcpu": 0},
        {"image": "no-such-image"},
    ):
        request = {"id": vm_id, "compose_file": OTHER_COMPOSE, "user_config": "new"} | wrong
        assert (await vmm.call("UpdateVm", request)).status_code in (400, 404, 409)
        assert await vmm.info(vm_id) == before


async def test_resize_changes_what_is_given_while_stopped(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    response = await vmm.call("ResizeVm", {"id": vm_id, "vcpu": 4, "memory": 4096})
    assert (response.status_code, response.content) == (204, b"")
    configuration = (await vmm.info(vm_id))["configuration"]
    assert [configuration[field] for field in ("vcpu", "memory", "disk_size")] == [4, 4096, 1]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    manifest = json.loads((vmm.run_path / vm_id / "vm-manifest.json").read_text())
    assert (manifest["vcpu"], manifest["memory"]) == (4, 4096)


async def test_resize_of_a_running_vm_is_409_and_of_an_exited_one_is_not(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    response = await vmm.call("ResizeVm", {"id": vm_id, "vcpu": 2})
    assert response.status_code == 409
    assert response.json()["message"].startswith("vcpu: can change only while the VM is stopped")
    vmm.driver.die(vm_id, ExitReason.GUEST_PANIC, 0)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert (await vmm.call("ResizeVm", {"id": vm_id, "vcpu": 2})).status_code == 204


@pytest.mark.parametrize(
    "request_, begins",
    [
        ({"disk_size": 1}, "disk_size: a disk never shrinks"),
        ({}, "nothing to change"),
        ({"vcpu": 0}, "vcpu: "),
    ],
)
async def test_a_resize_that_makes_no_sense_is_400(
    vmm: InProcess, request_: dict[str, Any], begins: str
) -> None:
    vm_id = await vmm.create(stopped=True, disk_size=2)
    response = await vmm.call("ResizeVm", {"id": vm_id} | request_)
    assert response.status_code == 400
    assert response.json()["message"].startswith(begins)


async def test_a_start_right_after_a_resize_is_done_only_once_it_runs(vmm: InProcess) -> None:
    """The directory may still have to be written for the resize: that must not answer the start."""
    for _ in range(5):
        vm_id = await vmm.create(stopped=True)
        await vmm.call("ResizeVm", {"id": vm_id, "vcpu": 2})
        assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
        assert (await vmm.info(vm_id))["status"] == "running"
