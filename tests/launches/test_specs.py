"""What the hypervisor is given, compared whole, for each kind of VM."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.hypervisor.measure.requests import REPLAY
from tests.in_process import InProcess
from tests.launches.conftest import Become
from tests.launches.host import FILES, IMAGE, KeepingDriver, checksums, compose, configure, whole
from vmm_site.config.cvm import TeeSimulator
from vmm_site.config.values import HostShareMode, TdxVariant
from vms.choices import SimulatedTee
from vms.hypervisor.spec import ImageFiles, NetworkMode, NetworkSpec, SevSnp, ShareMode, Tdx

COMPOSE = compose()
APP_ID = hashlib.sha256(COMPOSE.encode()).hexdigest()[:40]
BOUND = compose(key_provider="kms", key_provider_id="33" * 32)
SIMULATOR = TeeSimulator(mock_attestation_seed="5eed" * 16, collateral_base_url="http://10.0.2.2:8088")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def material(kind: str) -> dict[str, str]:
    return {"checksum_file": b64(checksums()), "measurement": b64(FILES[f"measurement.{kind}.cbor"])}


def vm_config(**changed: Any) -> dict[str, Any]:
    """That of a plain VM of one vCPU and 512 MB."""
    return {
        "spec_version": 1,
        "os_image_hash": hashlib.sha256(checksums()).hexdigest(),
        "cpu_count": 1,
        "memory_size": 512 << 20,
        "qemu_version": "9.2.1",
        "pci_hole64_size": 0,
        "hugepages": False,
        "num_gpus": 0,
        "num_nvswitches": 0,
        "hotplug_off": False,
        "image": IMAGE,
        "host_share_mode": "9p",
        "ovmf_variant": "pre202505",
    } | changed


def sys_config(config: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "kms_urls": ["http://127.0.0.1:8081"],
        "gateway_urls": ["http://127.0.0.1:8082"],
        "pccs_url": "",
        "collateral_urls": {"pccs": ""},
        "nvidia_attestation_proxy_url": None,
        "docker_registry": "",
        "host_api_url": "vsock://2:10000/api",
        "vm_config": config,
    } | changed


def manifest(**changed: Any) -> dict[str, Any]:
    return {
        "name": "my-app",
        "app_id": APP_ID,
        "vcpu": 1,
        "memory": 512,
        "disk_size": 1,
        "image": IMAGE,
        "port_map": [],
        "hugepages": False,
        "pin_numa": False,
        "gpus": {"attach_mode": "listed", "gpus": [], "bridges": []},
        "kms_urls": [],
        "gateway_urls": [],
        "no_tee": False,
        "simulated_tee": None,
        "swtpm": False,
        "networks": [{"mode": "user", "bridge": ""}],
        "networking": {"mode": "user", "bridge": ""},
        "volumes": [],
    } | changed


def expected(config: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What ``whole`` says of a VM of one vCPU and 512 MB with the least compose file."""
    return {
        "vcpu": 1,
        "memory_mb": 512,
        "disk_gb": 1,
        "networks": (NetworkSpec(NetworkMode.USER),),
        "tee": None,
        "share_mode": ShareMode.NINEP,
        "volumes": (),
        "swtpm": False,
        "hugepages": False,
        "pinned_cpus": "",
        "gpus": (),
        "bridges": (),
        "app-compose.json": json.loads(COMPOSE),
        ".user-config": b"",
        ".encrypted-env": None,
        ".instance_info": {"app_id": APP_ID},
        ".sys-config.json": sys_config(config),
        ".tee-simulator.json": None,
        "vm-manifest.json": manifest(),
        "vm-state.json": {"started": True},
    } | changed


def document(text: str, seed: str, instance_id: str, **more: Any) -> str:
    """The V3 document, made as RFC 8785 says for such simple values: sorted keys, no blanks."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    fields = {"version": 3, "app_id": digest[:40], "compose_hash": digest, "instance_id": instance_id} | more
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def digest_of(document: str) -> bytes:
    return hashlib.sha256(b"dstack-mr-config-v3:\0" + document.encode()).digest()


def only(driver: KeepingDriver) -> dict[str, Any]:
    """The one launch, whole; id and time of its manifest are left out."""
    (spec,) = driver.launched
    found = whole(spec)
    assert found["vm-manifest.json"].pop("id") == spec.vm_id
    assert found["vm-manifest.json"].pop("created_at_ms") > 0
    return found


async def test_a_plain_vm(vmm: InProcess, become: Become, driver: KeepingDriver, images: Path) -> None:
    await become("none", "there is no KVM")
    await vmm.create(compose_file=COMPOSE, no_tee=True)
    assert only(driver) == expected(vm_config(), **{"vm-manifest.json": manifest(no_tee=True)})
    folder = images / IMAGE
    assert driver.launched[0].image == ImageFiles(
        kernel=folder / "bzImage",
        initrd=folder / "initramfs.cpio.gz",
        cmdline="console=ttyS0",
        rootfs=folder / "rootfs.img.verity",
        bios=folder / "ovmf.fd",
        bios_sev=folder / "ovmf-sev.fd",
        shared_ro=True,
    )


async def test_tdx_measures_the_compose_file(vmm: InProcess, become: Become, driver: KeepingDriver) -> None:
    await become("tdx")
    await vmm.create(compose_file=COMPOSE)
    tee = Tdx(b"\1" + hashlib.sha256(COMPOSE.encode()).digest() + bytes(15))
    assert only(driver) == expected(vm_config(tdx_measurement=material("tdx")), tee=tee)


async def test_tdx_with_a_bound_key_provider_measures_the_instance_too(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("tdx")
    vm_id = await vmm.create(compose_file=BOUND, memory=4096)
    row = await vmm.row(vm_id)
    assert row is not None
    seed, app_id = row.instance_id_seed, row.app_id
    assert len(seed) == 40
    instance_id = hashlib.sha256(bytes.fromhex(seed + app_id)).hexdigest()[:40]
    bound = {"key_provider": "kms", "key_provider_id": "33" * 32}
    config = document(BOUND, seed, instance_id, **bound)
    measured = vm_config(
        memory_size=4096 << 20, tdx_attestation_variant="lite", tdx_measurement=material("tdx")
    )
    files = {
        "app-compose.json": json.loads(BOUND),
        ".instance_info": {"instance_id_seed": seed, "instance_id": instance_id, "app_id": app_id},
        ".sys-config.json": sys_config(measured, mr_config=config),
        "vm-manifest.json": manifest(memory=4096, app_id=app_id),
    }
    tee = Tdx(b"\3" + digest_of(config) + bytes(15))
    assert only(driver) == expected(measured, tee=tee, memory_mb=4096, **files)
    assert (await vmm.info(vm_id))["instance_id"] == instance_id


async def test_sev_snp_measures_the_instance_and_its_first_state(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("amd-sev-snp")
    vm_id = await vmm.create(compose_file=COMPOSE)
    row = await vmm.row(vm_id)
    assert row is not None
    seed, instance_id = row.instance_id_seed, row.instance_id
    assert instance_id == hashlib.sha256(bytes.fromhex(seed + APP_ID)).hexdigest()[:40]
    config = document(COMPOSE, seed, instance_id, key_provider="none")
    found = only(driver)
    launched = found[".sys-config.json"]["vm_config"].pop("sev_snp_measurement")
    assert json.loads(launched) == material("snp") | {
        "vcpus": 1,
        "vcpu_type": "EPYC-v4",
        "guest_features": 1,
    }
    measured = vm_config(mr_config=config)
    files = {
        ".instance_info": {"instance_id_seed": seed, "instance_id": instance_id, "app_id": APP_ID},
        ".sys-config.json": sys_config(measured, mr_config=config),
    }
    assert found == expected(measured, tee=SevSnp(digest_of(config)), **files)


async def test_an_image_that_knows_no_id_is_given_none(
    vmm: InProcess, become: Become, driver: KeepingDriver
) -> None:
    await become("tdx")
    await vmm.create(compose_file=COMPOSE, image="dstack-0.5.1")
    assert driver.launched[0].tee == Tdx(None)


@pytest.mark.parametrize("simulated", list(SimulatedTee))
async def test_a_simulated_platform_is_a_plain_vm_with_credentials(
    vmm: InProcess, become: Become, driver: KeepingDriver, settings: Any, simulated: SimulatedTee
) -> None:
    configure(settings, tee_simulator=SIMULATOR)
    await become("tdx")
    vm_id = await vmm.create(compose_file=COMPOSE, simulated_tee=simulated)
    row = await vmm.row(vm_id)
    assert row is not None
    measured, identity = vm_config(), {"app_id": APP_ID}
    simulator: dict[str, Any] = {}
    sys_more: dict[str, Any] = {}
    match simulated:
        case SimulatedTee.AMD_SEV_SNP:
            instance_id = hashlib.sha256(bytes.fromhex(row.instance_id_seed + APP_ID)).hexdigest()[:40]
            text = document(COMPOSE, row.instance_id_seed, instance_id, key_provider="none")
            simulator = sys_more = {"mr_config": text}
            identity |= {"instance_id_seed": row.instance_id_seed, "instance_id": instance_id}
        case SimulatedTee.GCP_TDX:
            simulator = {"gcp_tpm_replay": {"event_log": b64(FILES["measurement.gcp.eventlog.bin"])}}
            measured |= {"gcp_measurement": material("gcp")} | simulator
        case SimulatedTee.AWS_NITRO_TPM:
            events = [{"pcr": 4, "event_type": "EV_EFI_ACTION", "digest": "ab" * 48}]
            known = ("version", "events", "pcr4", "pcr7", "pcr12")
            simulator = {"aws_pcr_replay": {name: REPLAY[name] for name in known} | {"events": events}}
            measured |= {"aws_measurement": material("aws")} | simulator
    files = {
        ".instance_info": identity,
        ".sys-config.json": sys_config(measured, **sys_more),
        ".tee-simulator.json": {
            "platform": simulated.value,
            "mock_attestation_seed": "5eed" * 16,
            "collateral_base_url": "http://10.0.2.2:8088",
            "vm_config": measured,
        }
        | simulator,
        "vm-manifest.json": manifest(no_tee=True, simulated_tee=simulated.value),
    }
    assert only(driver) == expected(measured, **files)


@pytest.mark.parametrize("simulated, swtpm", [("", True), ("dstack-tdx", True), ("dstack-gcp-tdx", False)])
async def test_keys_of_a_tpm_need_one_unless_the_platform_brings_it(
    vmm: InProcess, driver: KeepingDriver, settings: Any, simulated: str, swtpm: bool
) -> None:
    configure(settings, tee_simulator=SIMULATOR)
    await vmm.create(compose_file=compose(key_provider="tpm"), no_tee=True, simulated_tee=simulated)
    found = only(driver)
    assert found["swtpm"] is swtpm
    assert found["vm-manifest.json"]["swtpm"] is swtpm
    assert found[".sys-config.json"]["vm_config"].get("swtpm", False) is swtpm


async def test_volumes_are_disks_in_the_order_of_the_compose_file(
    vmm: InProcess, driver: KeepingDriver, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "volumes"
    folder.mkdir()
    (folder / "models-v2.img").write_bytes(b"models")
    (folder / "models.img").symlink_to("models-v2.img")
    (folder / "data.img").write_bytes(b"data")
    configure(settings, volumes_dir=folder)
    volumes = [
        {"source": "models.img", "verity_root": "ab" * 32, "target": "/models"},
        {"source": "data.img", "verity_root": "cd" * 32, "target": "/data"},
        {"source": "models.img", "verity_root": "ab" * 32, "target": "/models-again"},
    ]
    text = compose(verity_volumes=volumes)
    vm_id = await vmm.create(compose_file=text, no_tee=True)
    files = (folder / "models-v2.img", folder / "data.img")
    measured = vm_config(num_verity_volumes=2)
    del measured["qemu_version"]
    app_id = (await vmm.info(vm_id))["app_id"]
    assert only(driver) == expected(
        measured,
        volumes=files,
        **{
            "app-compose.json": json.loads(text),
            ".instance_info": {"app_id": app_id},
            "vm-manifest.json": manifest(
                no_tee=True, app_id=app_id, volumes=[{"source": str(path)} for path in files]
            ),
        },
    )


async def test_huge_pages_round_what_is_measured(vmm: InProcess, driver: KeepingDriver) -> None:
    await vmm.create(compose_file=COMPOSE, no_tee=True, hugepages=True, vcpu=3, memory=2500)
    (spec,) = driver.launched
    found = only(driver)
    measured = found[".sys-config.json"]["vm_config"]
    assert (spec.hugepages, spec.size.vcpu, spec.size.memory_mb) == (True, 3, 2048)
    assert (measured["hugepages"], measured["cpu_count"], measured["memory_size"]) == (True, 3, 2048 << 20)
    assert (found["vm-manifest.json"]["hugepages"], found["vm-manifest.json"]["memory"]) == (True, 2500)


async def test_what_the_operator_says_of_qemu_and_share_is_measured_and_used(
    vmm: InProcess, become: Become, driver: KeepingDriver, settings: Any
) -> None:
    configure(
        settings,
        host_share_mode=HostShareMode.VHD,
        qemu_version="8.2.2",
        qemu_pic=False,
        qemu_single_pass_add_pages=True,
        qemu_hotplug_off=True,
        qemu_pci_hole64_size=1 << 40,
        use_mrconfigid=False,
        tdx_attestation_variant=TdxVariant.LITE,
        nvidia_attestation_proxy_url="http://10.0.2.2:8090",
    )
    await become("tdx")
    await vmm.create(compose_file=COMPOSE)
    measured = vm_config(
        host_share_mode="vhd",
        qemu_version="8.2.2",
        pic=False,
        qemu_single_pass_add_pages=True,
        hotplug_off=True,
        pci_hole64_size=1 << 40,
        tdx_attestation_variant="lite",
        tdx_measurement=material("tdx"),
    )
    config = sys_config(measured, nvidia_attestation_proxy_url="http://10.0.2.2:8090")
    assert only(driver) == expected(
        measured, tee=Tdx(None), share_mode=ShareMode.VHD, **{".sys-config.json": config}
    )
