"""What an update changes of a launch, and when; and how VMs with all of it move in and out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.launches.conftest import Become
from tests.launches.host import IMAGE, KeepingDriver, compose, configure
from tests.launches.test_specs import BOUND, SIMULATOR
from vms.actions import update
from vms.database import in_database
from vms.hypervisor.spec import GuestSpec, SevSnp, Tdx
from vms.models import Node, Vm

VOLUMES = [
    {"source": "a.img", "verity_root": "ab" * 32, "target": "/a"},
    {"source": "b.img", "verity_root": "cd" * 32, "target": "/b"},
]


@pytest.fixture
def volumes(settings: Any, tmp_path: Path) -> Path:
    """The operator's folder, with two volumes."""
    folder = tmp_path / "volumes"
    folder.mkdir()
    for name in ("a.img", "b.img"):
        (folder / name).write_bytes(name.encode())
    configure(settings, volumes_dir=folder, tee_simulator=SIMULATOR)
    return folder


async def updated(vmm: InProcess, vm_id: str, **fields: Any) -> None:
    response = await vmm.call("UpdateVm", {"id": vm_id} | fields)
    assert response.status_code == 200, response.text


async def started_again(vmm: InProcess, driver: KeepingDriver, vm_id: str) -> GuestSpec:
    """What its next run is given."""
    for verb in ("StopVm", "StartVm"):
        assert (await vmm.call(verb, {"id": vm_id})).status_code == 204
    return driver.launched[-1]


async def test_a_running_guest_keeps_what_it_was_measured_with(
    vmm: InProcess, become: Become, driver: KeepingDriver, volumes: Path
) -> None:
    await become("tdx")
    vm_id = await vmm.create(compose_file=compose())
    first = driver.launched[-1]
    before = {
        name: (vmm.run_path / vm_id / "shared" / name).read_bytes()
        for name, data in first.shared_files.items()
        if data is not None
    }
    await updated(vmm, vm_id, compose_file=compose(key_provider="tpm", verity_volumes=VOLUMES))
    assert {name: (vmm.run_path / vm_id / "shared" / name).read_bytes() for name in before} == before

    second = await started_again(vmm, driver, vm_id)
    text = compose(key_provider="tpm", verity_volumes=VOLUMES)
    assert (first.swtpm, first.volumes) == (False, ())
    assert (second.swtpm, second.volumes) == (True, (volumes / "a.img", volumes / "b.img"))
    assert second.tee == Tdx(b"\1" + hashlib.sha256(text.encode()).digest() + bytes(15))

    await updated(vmm, vm_id, compose_file=compose())
    third = await started_again(vmm, driver, vm_id)
    assert (third.swtpm, third.volumes, third.tee) == (first.swtpm, first.volumes, first.tee)


async def test_protection_can_be_taken_off_and_put_on(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=BOUND)
    await updated(vmm, vm_id, no_tee=True)
    assert (await started_again(vmm, driver, vm_id)).tee is None
    await updated(vmm, vm_id, no_tee=False)
    again = await started_again(vmm, driver, vm_id)
    assert isinstance(again.tee, SevSnp)
    assert again.tee == driver.launched[0].tee  # its key provider knows it by that


async def test_other_urls_change_what_the_guest_is_told_but_nothing_measured(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("tdx")
    vm_id = await vmm.create(compose_file=BOUND)
    await updated(vmm, vm_id, update_kms_urls=True, kms_urls=["https://kms.example:1"])
    second = await started_again(vmm, driver, vm_id)
    assert second.tee == driver.launched[0].tee
    told = json.loads(second.shared_files[".sys-config.json"] or b"")
    assert told["kms_urls"] == ["https://kms.example:1"]


async def configured(vm_id: str) -> Any:
    return await in_database(lambda: update.configuration_of(Vm.objects.get(pk=vm_id)))


async def test_a_vm_with_all_of_it_moves_out_and_in_again(
    vmm: InProcess, become: Become, driver: KeepingDriver, volumes: Path
) -> None:
    await become("tdx")
    everything = compose(key_provider="tpm", verity_volumes=VOLUMES, kms_enabled=True)
    vm_id = await vmm.create(
        compose_file=everything,
        simulated_tee="dstack-amd-sev-snp",
        hugepages=True,
        pin_numa=True,
        memory=2048,
        networks=[{"mode": "user"}, {"mode": "bridge", "bridge_name": "br0"}],
        ports=[{"protocol": "tcp", "host_port": 9000, "vm_port": 90}],
        kms_urls=["https://kms.example:1"],
        stopped=True,
    )
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    path = vmm.run_path / vm_id / "vm-manifest.json"
    manifest = json.loads(path.read_bytes())
    assert manifest | {"id": "", "created_at_ms": 0} == {
        "id": "",
        "name": "my-app",
        "app_id": hashlib.sha256(everything.encode()).hexdigest()[:40],
        "vcpu": 1,
        "memory": 2048,
        "disk_size": 1,
        "image": IMAGE,
        "port_map": [{"address": "127.0.0.1", "protocol": "tcp", "from": 9000, "to": 90}],
        "created_at_ms": 0,
        "hugepages": True,
        "pin_numa": True,
        "gpus": {"attach_mode": "listed", "gpus": [], "bridges": []},
        "kms_urls": ["https://kms.example:1"],
        "gateway_urls": [],
        "no_tee": True,
        "simulated_tee": "dstack-amd-sev-snp",
        "swtpm": True,
        "networks": [{"mode": "user", "bridge": ""}, {"mode": "bridge", "bridge": "br0"}],
        "networking": {"mode": "user", "bridge": ""},
        "volumes": [{"source": str(volumes / "a.img")}, {"source": str(volumes / "b.img")}],
    }
    row, asked = await vmm.row(vm_id), await configured(vm_id)
    assert row is not None
    await in_database(Vm.objects.all().delete)
    assert (await vmm.call("ReloadVms")).json() == {"loaded": 1, "updated": 0, "removed": 0}
    again = await vmm.row(vm_id)
    assert again is not None
    assert await configured(vm_id) == asked
    assert (again.instance_id, again.instance_id_seed) == (row.instance_id, row.instance_id_seed)
    assert len(row.instance_id) == 40
    await updated(vmm, vm_id, user_config="new")
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    assert json.loads(path.read_bytes()) == manifest


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"networks": [{"mode": "user", "mac_prefix": "02:ab"}]}, "networks[0].mac_prefix: is '02:ab'"),
        ({"networks": [{"mode": "user", "restrict": True}]}, "networks[0].restrict: is True"),
        ({"networks": [{"mode": "user", "net": "10.9.0.0/24"}]}, "networks[0].net: is '10.9.0.0/24'"),
        (
            {"gpus": {"attach_mode": "listed", "gpus": [], "bridges": [{"slot": "07:00.0"}]}},
            "gpus.bridges: NVSwitches are given with attach_mode all only",
        ),
    ],
)
async def test_one_that_would_silently_be_another_machine_stays_out(
    vmm: InProcess, changed: dict[str, Any], words: str
) -> None:
    vm_id = await vmm.create(no_tee=True, stopped=True)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    path = vmm.run_path / vm_id / "vm-manifest.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | changed))
    await in_database(Vm.objects.all().delete)
    assert (await vmm.call("ReloadVms")).json() == {"loaded": 0, "updated": 0, "removed": 0}
    told = await in_database(lambda: Node.objects.get().reload_report["outcomes"])
    assert words in told[0]["words"]


async def test_networks_as_the_existing_program_writes_them_are_read(vmm: InProcess) -> None:
    vm_id = await vmm.create(no_tee=True, stopped=True)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    path = vmm.run_path / vm_id / "vm-manifest.json"
    as_written = {
        "mode": "bridge",
        "bridge": "br7",
        "mac_prefix": "",
        "net": "10.0.3.0/24",
        "dhcp_start": "10.0.3.10",
        "restrict": False,
        "netdev": "",
    }
    document = json.loads(path.read_bytes()) | {"networks": [as_written], "networking": as_written}
    path.write_text(json.dumps(document))
    assert (await vmm.call("ReloadVms")).json() == {"loaded": 0, "updated": 1, "removed": 0}
    assert (await vmm.info(vm_id))["configuration"]["networks"] == [{"mode": "bridge", "bridge_name": "br7"}]
