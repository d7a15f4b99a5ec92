"""Requests to be measured: one for every branch of the rules, each a small change of a few."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import cbor2

from vms.hypervisor.measure import (
    Application,
    AttestationPolicy,
    HostPart,
    ImageMaterial,
    KeyProvider,
    Machine,
    MeasureRequest,
    SimulatedTee,
    SimulatorSettings,
    TeePlatform,
)
from vms.hypervisor.size import MachineSize, machine_size
from vms.hypervisor.spec import ShareMode

COMPOSE_HASH = bytes([0x22]) * 32
APP_ID = bytes([0x11]) * 20
KEY_PROVIDER_ID = bytes([0x33]) * 32
GPU_POLICY_HASH = bytes([0x55]) * 32
SEED = bytes([0x44]) * 20
CHECKSUMS = b"the checksums\n"
PCRS = {name: bytes([number]) * 48 for name, number in (("pcr4", 4), ("pcr7", 7), ("pcr12", 12))}
REPLAY = {
    "version": 1,
    "events": [{"pcr": 4, "event_type": "EV_EFI_ACTION", "digest": "AB" * 48}],
    **{name: value.hex() for name, value in PCRS.items()},
    "a_later_version_may_say": "more",
}
AWS_MEASUREMENT = cbor2.dumps({"boot_pcr_digest": hashlib.sha256(b"".join(PCRS.values())).digest()})

BARE_IMAGE = ImageMaterial("dstack-0.5.4", "0.5.4", digest="aa" * 32)
IMAGE = replace(
    BARE_IMAGE,
    ovmf_variant="pre202505",
    checksum_file=CHECKSUMS,
    tdx=b"tdx",
    snp=b"snp",
    gcp=b"gcp",
    gcp_event_log=b"\0events\xff",
    aws=AWS_MEASUREMENT,
    aws_replay=json.dumps(REPLAY).encode(),
)
APPLICATION = Application(COMPOSE_HASH)
BOUND = Application(COMPOSE_HASH, APP_ID, KeyProvider.KMS, KEY_PROVIDER_ID, gpu_policy_hash=GPU_POLICY_HASH)
TOLD = HostPart(
    pccs_url="https://pccs.example/v4",
    nvidia_attestation_proxy_url="http://10.0.2.2:8090",
    docker_registry="registry.example",
    host_api_url="vsock://2:10001/api",
)
QEMU_KNOWN = HostPart(
    qemu_version="9.2.1",
    single_pass_add_pages=False,
    pic=True,
    pci_hole64_size=1 << 40,
    hotplug_off=True,
    share_mode=ShareMode.VHD,
)
SEEDED = SimulatorSettings("5eed" * 16, "http://10.0.2.2:8088")


def plain(**changed: Any) -> MeasureRequest:
    """A plain VM of 2 vCPUs and 4 GiB."""
    request = MeasureRequest(
        application=APPLICATION,
        image=IMAGE,
        platform=TeePlatform.NONE,
        machine=Machine(MachineSize(2, 4096)),
        host=HostPart(),
        instance_seed=SEED,
        kms_urls=("https://kms.example",),
    )
    return replace(request, **changed)


def tdx(**changed: Any) -> MeasureRequest:
    return plain(platform=TeePlatform.TDX, **changed)


def snp(**changed: Any) -> MeasureRequest:
    return plain(platform=TeePlatform.AMD_SEV_SNP, **changed)


def simulated(tee: SimulatedTee, **changed: Any) -> MeasureRequest:
    return plain(simulated=tee, **{"simulator": SEEDED} | changed)


def memory(megabytes: int) -> Machine:
    return Machine(MachineSize(2, megabytes))


def policy(word: str) -> HostPart:
    return HostPart(attestation=AttestationPolicy(word))


TWO_NODES = Machine(
    machine_size(5, 9000, gpu_nodes=(0, 1, 1), hugepages=True), hugepages=True, num_gpus=3, num_nvswitches=4
)
"""5 vCPUs and 9000 MB asked for; 6 and 8 GiB are what two NUMA nodes make of it."""
ONE_GPU = Machine(MachineSize(2, 4096), num_gpus=1)

REQUESTS: dict[str, MeasureRequest] = {
    "plain": plain(),
    "plain_bare_image": plain(image=ImageMaterial("dstack-demo", "0.5.3")),
    "plain_told_everything": plain(
        host=TOLD,
        kms_urls=("https://kms.example/a", "https://kms.example/b"),
        gateway_urls=("https://gateway.example",),
    ),
    "plain_key_provider": plain(application=BOUND),
    "plain_devices": plain(
        machine=replace(memory(4096), num_nics=2, num_volumes=3, swtpm=True),
        host=replace(QEMU_KNOWN, share_mode=ShareMode.VVFAT),
    ),
    "plain_without_network": plain(machine=replace(memory(4096), num_nics=0)),
    "tdx_v1": tdx(),
    "tdx_v1_bare_image": tdx(image=BARE_IMAGE),
    "tdx_v1_no_checksums": tdx(image=replace(IMAGE, checksum_file=None)),
    "tdx_v1_no_digest": tdx(image=replace(IMAGE, digest="")),
    "tdx_v1_2048_mb": tdx(machine=memory(2048)),
    "tdx_v1_3071_mb": tdx(machine=memory(3071)),
    "tdx_v1_3072_mb": tdx(machine=memory(3072)),
    "tdx_v1_policy_legacy": tdx(host=policy("legacy")),
    "tdx_v1_policy_lite": tdx(host=policy("lite"), machine=memory(1024)),
    "tdx_v1_compose_legacy": tdx(
        host=policy("lite"), application=replace(APPLICATION, measure_acpi_tables=True)
    ),
    "tdx_v1_compose_lite": tdx(
        host=policy("legacy"), application=replace(APPLICATION, measure_acpi_tables=False)
    ),
    "tdx_v1_image_0_5_1": tdx(image=replace(IMAGE, version="0.5.1")),
    "tdx_v1_image_0_5_2": tdx(image=replace(IMAGE, version="0.5.2")),
    "tdx_v1_gpu": tdx(machine=ONE_GPU),
    "tdx_v1_qemu_known": tdx(host=QEMU_KNOWN),
    "tdx_no_mrconfigid": tdx(host=HostPart(use_mrconfigid=False)),
    "tdx_v3": tdx(application=BOUND),
    "tdx_v3_image_0_5_1": tdx(application=BOUND, image=replace(IMAGE, version="0.5.1")),
    "tdx_v3_two_nodes": tdx(application=BOUND, machine=TWO_NODES),
    "tdx_v3_init_scripts": tdx(
        application=replace(BOUND, init_script_hashes=(bytes([0xBB]) * 32, bytes([0xAA]) * 32))
    ),
    "snp": snp(),
    "snp_no_mrconfigid": snp(application=BOUND, host=HostPart(use_mrconfigid=False)),
    "snp_gpu_policy": snp(application=BOUND, machine=ONE_GPU),
    "snp_two_nodes": snp(machine=TWO_NODES),
    "snp_no_instance_id": snp(application=replace(APPLICATION, no_instance_id=True)),
    "snp_no_init_script": snp(application=replace(APPLICATION, init_script_hashes=())),
    "snp_tpm": snp(
        application=replace(APPLICATION, key_provider=KeyProvider.TPM),
        machine=replace(memory(4096), swtpm=True),
    ),
    **{f"simulated_{each.name.lower()}": simulated(each) for each in SimulatedTee},
    "simulated_tdx_no_seed": simulated(SimulatedTee.TDX, simulator=SimulatorSettings()),
    "simulated_tdx_bound": simulated(
        SimulatedTee.TDX, application=BOUND, host=HostPart(use_mrconfigid=False)
    ),
    "simulated_amd_sev_snp_bare_image": simulated(
        SimulatedTee.AMD_SEV_SNP, application=BOUND, image=BARE_IMAGE
    ),
}
