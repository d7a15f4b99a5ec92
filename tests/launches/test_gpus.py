"""GPUs of a confidential VM: what its hypervisor gets, what is measured, and what its manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from tests.gpus.machine import unpack
from tests.in_process import InProcess
from tests.launches.conftest import Become
from tests.launches.host import KeepingDriver, compose, configure
from vms.actions import gpus as leases
from vms.actions.gpus import Leased
from vms.conf import conf
from vms.configuration import Gpus
from vms.hypervisor.spec import GpuDevice
from vms.models import Vm
from vms.worker import gpus

POLICY = {"allow_debug": True, "rego": "package policy\n"}
TEXT = compose(key_provider="kms", key_provider_id="33" * 32, requirements={"gpu_policy": POLICY})


@pytest.fixture
def images(images: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Beside them, eight H200 and four NVSwitches on two NUMA nodes, all to be given away."""
    monkeypatch.setattr(gpus, "SYSFS", unpack("h200-sxm", tmp_path / "sys").sysfs)
    given = conf().cvm.gpu.model_copy(update={"enabled": True, "listing": ("10de:2335",)})
    configure(settings, gpu=given)
    return images


async def test_listed_gpus_split_a_guest_in_huge_pages_over_their_nodes(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("tdx")
    asked = {"attach_mode": "listed", "gpus": [{"slot": "18:00.0"}, {"slot": "9a:00.0"}]}
    await vmm.create(compose_file=TEXT, gpus=asked, hugepages=True, pin_numa=True, vcpu=3, memory=5 << 10)
    (spec,) = driver.launched
    assert spec.gpus == (GpuDevice("18:00.0", 0), GpuDevice("9a:00.0", 1))
    assert (spec.bridges, spec.hugepages) == ((), True)
    assert spec.pinned_cpus == "0-55,112-167,56-111,168-223"
    measured = measured_of(driver)
    assert (measured["cpu_count"], measured["memory_size"]) == (4, 6 << 30)
    assert (measured["num_gpus"], measured["num_nvswitches"]) == (2, 0)
    manifest = json.loads(spec.run_files["vm-manifest.json"])
    assert manifest["gpus"] == asked | {"bridges": []}
    assert (
        policy_hash_of(driver)
        == hashlib.sha256(json.dumps(POLICY, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    )


async def test_all_is_every_gpu_and_every_nvswitch(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("tdx")
    vm_id = await vmm.create(compose_file=TEXT, gpus={"attach_mode": "all", "gpus": []})
    (spec,) = driver.launched
    assert (len(spec.gpus), len(spec.bridges)) == (8, 4)
    assert (measured_of(driver)["num_gpus"], measured_of(driver)["num_nvswitches"]) == (8, 4)
    manifest = json.loads(spec.run_files["vm-manifest.json"])
    assert manifest["gpus"] == {
        "attach_mode": "all",
        "gpus": [{"slot": gpu.slot} for gpu in spec.gpus],
        "bridges": [{"slot": slot} for slot in spec.bridges],
    }
    assert (await vmm.call("ReloadVms")).json() == {"loaded": 0, "updated": 0, "removed": 0}
    none = {"attach_mode": "listed", "gpus": []}
    assert (await vmm.call("UpdateVm", {"id": vm_id, "gpus": none})).status_code == 200
    for verb in ("StopVm", "StartVm"):
        assert (await vmm.call(verb, {"id": vm_id})).status_code == 204
    assert (driver.launched[-1].gpus, driver.launched[-1].bridges) == ((), ())
    assert policy_hash_of(driver) is None


async def test_a_second_vm_is_told_who_has_them(vmm: InProcess) -> None:
    await vmm.create(name="first", no_tee=True, gpus={"attach_mode": "listed", "gpus": [{"slot": "18:00.0"}]})
    asked = vmm.configuration(no_tee=True, gpus={"attach_mode": "all", "gpus": []})
    response = await vmm.call("CreateVm", asked)
    assert response.status_code == 409
    assert "18:00.0 is taken by VM 'first'" in response.json()["message"]


async def test_leases_of_another_configuration_are_never_launched_with(
    vmm: InProcess, driver: KeepingDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease, times = leases.lease, iter(range(100))

    def overtaken(vm_id: str) -> Leased:
        leased = lease(vm_id)
        if next(times) == 0:
            without = Gpus().document()
            Vm.objects.filter(pk=vm_id).update(gpus=without, revision=F("revision") + 1)
        return leased

    monkeypatch.setattr(leases, "lease", overtaken)
    await vmm.create(no_tee=True, gpus={"attach_mode": "listed", "gpus": [{"slot": "18:00.0"}]})
    (spec,) = driver.launched
    assert spec.gpus == ()
    assert json.loads(spec.run_files["vm-manifest.json"])["gpus"]["gpus"] == []
    assert next(times) == 2


def measured_of(driver: KeepingDriver) -> dict[str, Any]:
    measured: dict[str, Any] = json.loads(sys_config_of(driver)["vm_config"])
    return measured


def policy_hash_of(driver: KeepingDriver) -> str | None:
    document: dict[str, Any] = json.loads(sys_config_of(driver)["mr_config"])
    return document.get("gpu_policy_hash")


def sys_config_of(driver: KeepingDriver) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(driver.launched[-1].shared_files[".sys-config.json"] or b"")
    return document
