"""Every document, compared whole and byte for byte; and what must hold of all of them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.hypervisor.measure.golden import GOLDEN, told
from tests.hypervisor.measure.requests import (
    BARE_IMAGE,
    ONE_GPU,
    QEMU_KNOWN,
    REQUESTS,
    SEEDED,
    TOLD,
    TWO_NODES,
    memory,
    plain,
    policy,
    simulated,
    snp,
    tdx,
)
from vms.hypervisor.measure import MeasureRequest, SimulatedTee, measure

each = pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())


def vm_config(request: MeasureRequest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(measure(request).vm_config)
    return document


def file(request: MeasureRequest, name: str) -> dict[str, Any]:
    data = measure(request).shared_files[name]
    assert data is not None
    document: dict[str, Any] = json.loads(data)
    return document


@pytest.mark.parametrize("name", REQUESTS)
def test_whole_documents(name: str) -> None:
    assert told(measure(REQUESTS[name])) == (GOLDEN / f"{name}.txt").read_text()


def test_no_golden_document_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(REQUESTS)


@each
def test_the_guest_is_told_what_is_measured(request_: MeasureRequest) -> None:
    measured = measure(request_)
    sys_config = file(request_, ".sys-config.json")
    assert sys_config["vm_config"] == measured.vm_config
    assert sys_config.get("mr_config") == measured.mr_config
    assert ("mr_config" in sys_config) is (measured.mr_config is not None)


@each
def test_no_host_names_a_root_of_trust(request_: MeasureRequest) -> None:
    told_everything = replace(request_, host=replace(request_.host, pccs_url="https://pccs.example"))
    for name in (".sys-config.json", ".tee-simulator.json"):
        data = measure(told_everything).shared_files[name]
        for forbidden in (b"root_ca", b"trust_anchor", b"BEGIN CERTIFICATE"):
            assert forbidden not in (data or b"")


@each
def test_the_instance_is_fixed_where_it_is_measured_and_nowhere_else(request_: MeasureRequest) -> None:
    measured = measure(request_)
    assert (".instance_info" in measured.shared_files) is (measured.mr_config is not None)
    if measured.mr_config is None:
        assert measured.instance_id == b""
        return
    info = file(request_, ".instance_info")
    document = json.loads(measured.mr_config)
    assert info["app_id"] == document["app_id"]
    assert info["instance_id"] == document.get("instance_id", "") == measured.instance_id.hex()


@each
def test_what_is_told_and_not_measured_changes_no_measurement(request_: MeasureRequest) -> None:
    told_host = replace(
        request_.host,
        pccs_url=TOLD.pccs_url,
        nvidia_attestation_proxy_url=TOLD.nvidia_attestation_proxy_url,
        docker_registry=TOLD.docker_registry,
        host_api_url=TOLD.host_api_url,
    )
    other = measure(replace(request_, host=told_host, kms_urls=("https://other.example",)))
    measured = measure(request_)
    assert (other.tee, other.vm_config, other.mr_config) == (
        measured.tee,
        measured.vm_config,
        measured.mr_config,
    )
    assert other.shared_files[".sys-config.json"] != measured.shared_files[".sys-config.json"]


@pytest.mark.parametrize(
    "request_, key, value",
    [
        (tdx(), "num_nics", None),
        (tdx(machine=replace(memory(4096), num_nics=2)), "num_nics", 2),
        (tdx(machine=replace(memory(4096), num_nics=0)), "num_nics", 0),
        (tdx(), "num_verity_volumes", None),
        (tdx(machine=replace(memory(4096), num_volumes=2)), "num_verity_volumes", 2),
        (tdx(), "swtpm", None),
        (tdx(machine=replace(memory(4096), swtpm=True)), "swtpm", True),
        (tdx(), "qemu_version", None),
        (tdx(), "qemu_single_pass_add_pages", None),
        (tdx(), "pic", None),
        (tdx(host=QEMU_KNOWN), "qemu_version", "9.2.1"),
        (tdx(host=QEMU_KNOWN), "qemu_single_pass_add_pages", False),
        (tdx(host=QEMU_KNOWN), "pic", True),
        (tdx(host=QEMU_KNOWN), "pci_hole64_size", 2**40),
        (tdx(host=QEMU_KNOWN), "hotplug_off", True),
        (tdx(host=QEMU_KNOWN), "host_share_mode", "vhd"),
        (tdx(image=BARE_IMAGE), "ovmf_variant", None),
        (tdx(), "ovmf_variant", "pre202505"),
        (tdx(machine=ONE_GPU), "num_gpus", 1),
        (tdx(machine=TWO_NODES), "cpu_count", 6),
        (tdx(machine=TWO_NODES), "memory_size", 8 << 30),
        (tdx(machine=TWO_NODES), "num_nvswitches", 4),
        (tdx(machine=memory(1024)), "tdx_attestation_variant", None),
        (tdx(machine=memory(2047)), "tdx_attestation_variant", None),
        (tdx(machine=memory(2048)), "tdx_attestation_variant", "lite"),
        (tdx(machine=memory(2049)), "tdx_attestation_variant", None),
        (tdx(machine=memory(3071)), "tdx_attestation_variant", None),
        (tdx(machine=memory(3072)), "tdx_attestation_variant", "lite"),
        (tdx(image=BARE_IMAGE), "tdx_attestation_variant", None),
        (tdx(host=policy("legacy")), "tdx_attestation_variant", None),
        (tdx(host=policy("lite"), machine=memory(1024)), "tdx_attestation_variant", "lite"),
        (tdx(image=BARE_IMAGE), "tdx_measurement", None),
        (snp(), "tdx_measurement", None),
        (snp(), "tdx_attestation_variant", None),
        (plain(), "tdx_measurement", None),
        (simulated(SimulatedTee.TDX), "tdx_measurement", None),
        (tdx(), "sev_snp_measurement", None),
        (simulated(SimulatedTee.AMD_SEV_SNP), "sev_snp_measurement", None),
        (simulated(SimulatedTee.AMD_SEV_SNP), "mr_config", None),
    ],
)
def test_one_field(request_: MeasureRequest, key: str, value: object) -> None:
    """``None`` stands for a field that is left out."""
    config = vm_config(request_)
    assert config.get(key) == value
    assert (key in config) is (value is not None)


@pytest.mark.parametrize("megabytes", [1024, 2048, 4096])
def test_the_tdx_measurement_goes_along_whatever_the_variant(megabytes: int) -> None:
    measurement = vm_config(tdx(machine=memory(megabytes)))["tdx_measurement"]
    assert measurement == {"checksum_file": "dGhlIGNoZWNrc3Vtcwo=", "measurement": "dGR4"}


def test_snp_binds_the_rounded_number_of_vcpus() -> None:
    measurement = json.loads(vm_config(snp(machine=TWO_NODES))["sev_snp_measurement"])
    assert (measurement["vcpus"], measurement["vcpu_type"], measurement["guest_features"]) == (
        TWO_NODES.size.vcpu,
        "EPYC-v4",
        1,
    )


@pytest.mark.parametrize("platform", SimulatedTee)
def test_a_simulated_guest_gets_its_simulator_s_file_and_others_none(platform: SimulatedTee) -> None:
    request = simulated(platform)
    simulator = file(request, ".tee-simulator.json")
    assert simulator["platform"] == platform.value
    assert simulator["mock_attestation_seed"] == SEEDED.mock_attestation_seed
    assert simulator["vm_config"] == measure(request).vm_config
    assert ("mr_config" in simulator) is (platform is SimulatedTee.AMD_SEV_SNP)
    assert ("gcp_tpm_replay" in simulator) is (platform is SimulatedTee.GCP_TDX)
    assert ("aws_pcr_replay" in simulator) is (platform is SimulatedTee.AWS_NITRO_TPM)
    assert measure(request).tee is None
    assert measure(tdx()).shared_files[".tee-simulator.json"] is None


def test_the_same_request_gives_the_same_bytes() -> None:
    for request in REQUESTS.values():
        assert measure(request) == measure(replace(request))


def test_checksums_are_carried_byte_for_byte() -> None:
    odd = bytes(range(256))
    image = replace(tdx().image, checksum_file=odd, tdx=odd[::-1])
    measurement = vm_config(tdx(image=image))["tdx_measurement"]
    assert [base64.b64decode(measurement[key]) for key in ("checksum_file", "measurement")] == [
        odd,
        odd[::-1],
    ]
