"""``vm_config``: the machine as verifiers rebuild it to recompute its measurements.

Whoever reads it takes a field that is left out for its default; those are left out as the
existing program leaves them out, so that equal machines give equal bytes.
"""

from __future__ import annotations

import base64

import orjson

from ..errors import LaunchRefused
from .replay import aws_pcr_replay, gcp_tpm_replay
from .request import AttestationVariant, HostPart, ImageMaterial, MeasureRequest, SimulatedTee, TeePlatform
from .variant import attestation_variant

SPEC_VERSION = 1
SNP_CPU = "EPYC-v4"
"""As on QEMU's command line: the CPU's model is part of each vCPU's measured first state."""
SNP_GUEST_FEATURES = 1
"""SEV-SNP active, and nothing else."""


def vm_config(request: MeasureRequest, mr_config: str | None) -> dict[str, object]:
    """The document, in the order in which it is written.

    Raises:
        LaunchRefused: the image lacks what this platform is verified by.
    """
    machine, host, image = request.machine, request.host, request.image
    config: dict[str, object] = {
        "os_image_hash": image.digest,
        "cpu_count": machine.size.vcpu,
        "memory_size": machine.size.memory_mb << 20,
        **_qemu(host),
        "pci_hole64_size": host.pci_hole64_size,
        "hugepages": machine.hugepages,
        "num_gpus": machine.num_gpus,
        "num_nvswitches": machine.num_nvswitches,
    }
    if machine.num_nics != 1:
        config["num_nics"] = machine.num_nics
    if machine.num_volumes:
        config["num_verity_volumes"] = machine.num_volumes
    if machine.swtpm:
        config["swtpm"] = True
    config |= {
        "hotplug_off": host.hotplug_off,
        "image": image.name,
        "host_share_mode": host.share_mode.value,
    }
    if image.ovmf_variant:
        config["ovmf_variant"] = image.ovmf_variant
    return config | _measurements(request) | {"spec_version": SPEC_VERSION} | _evidence(request, mr_config)


def _qemu(host: HostPart) -> dict[str, object]:
    """QEMU's own peculiarities, as far as they are known."""
    known = {
        "qemu_single_pass_add_pages": host.single_pass_add_pages,
        "pic": host.pic,
        "qemu_version": host.qemu_version or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _measurements(request: MeasureRequest) -> dict[str, object]:
    """The image's own measurements for this platform. On TDX they go along whatever the variant is."""
    image = request.image
    if request.platform is TeePlatform.TDX:
        memory_mb = request.machine.size.memory_mb
        acpi, policy = request.application.measure_acpi_tables, request.host.attestation
        variant = attestation_variant(acpi, policy, memory_mb, image)
        found: dict[str, object] = {}
        if variant is not AttestationVariant.LEGACY:
            found["tdx_attestation_variant"] = variant.value
        if image.tdx is not None and image.checksum_file is not None:
            found["tdx_measurement"] = _material(image.checksum_file, image.tdx)
        return found
    if request.simulated is SimulatedTee.GCP_TDX:
        return {"gcp_measurement": _required(image, image.gcp, "measurement.gcp.cbor", "dstack-gcp-tdx")}
    if request.simulated is SimulatedTee.AWS_NITRO_TPM:
        return {
            "aws_measurement": _required(image, image.aws, "measurement.aws.cbor", "dstack-aws-nitro-tpm")
        }
    return {}


def _evidence(request: MeasureRequest, mr_config: str | None) -> dict[str, object]:
    """What else this platform's evidence is checked against, or simulated from."""
    if request.simulated is SimulatedTee.AWS_NITRO_TPM:
        return {"aws_pcr_replay": aws_pcr_replay(request.image)}
    if request.simulated is SimulatedTee.GCP_TDX:
        return {"gcp_tpm_replay": gcp_tpm_replay(request.image)}
    if request.platform is TeePlatform.AMD_SEV_SNP:
        return {"mr_config": mr_config, "sev_snp_measurement": _snp_measurement(request)}
    return {}


def _snp_measurement(request: MeasureRequest) -> str:
    image = request.image
    if not image.digest:
        raise LaunchRefused(_lacks(image, "AMD SEV-SNP", "digest.txt"))
    return orjson.dumps(
        {
            **_required(image, image.snp, "measurement.snp.cbor", "AMD SEV-SNP"),
            "vcpus": request.machine.size.vcpu,
            "vcpu_type": SNP_CPU,
            "guest_features": SNP_GUEST_FEATURES,
        }
    ).decode()


def _required(image: ImageMaterial, measurement: bytes | None, file: str, platform: str) -> dict[str, str]:
    if measurement is None:
        raise LaunchRefused(_lacks(image, platform, file))
    if image.checksum_file is None:
        raise LaunchRefused(_lacks(image, platform, "sha256sum.txt"))
    return _material(image.checksum_file, measurement)


def _lacks(image: ImageMaterial, platform: str, file: str) -> str:
    return (
        f"image {image.name!r} can't be verified on {platform}: it has no {file}; take an image that has it"
    )


def _material(checksum_file: bytes, measurement: bytes) -> dict[str, str]:
    return {
        "checksum_file": base64.b64encode(checksum_file).decode(),
        "measurement": base64.b64encode(measurement).decode(),
    }
