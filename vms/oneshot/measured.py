"""What is measured of a launch, named: what somebody compares with a verifier's report."""

from __future__ import annotations

from vms.choices import Platform
from vms.compose import compose_hash, default_app_id
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.hypervisor.spec import SevSnp, Tdx, Tee
from vms.images.store import BrokenImage, read_image
from vms.worker.spec import Launch

MEANING = {
    "platform": "what keeps the host from reading the guest's memory",
    "compose_hash": "SHA-256 of the app-compose file, byte for byte",
    "app_id": "the application: as given, else the first 20 bytes of compose_hash",
    "os_image_hash": "the image's digest.txt: SHA-256 of its sha256sum.txt",
    "tdx_attestation_variant": "how a TDX guest's boot is verified: legacy (whole image) or lite",
    "mrconfigid": "MRCONFIGID of the TDX report: 01 and compose_hash, or 03 and the digest of mr_config",
    "host_data": "HOST_DATA of the SEV-SNP report: the digest of mr_config",
    "instance_id_seed": "20 random bytes, from which the instance_id is made",
    "instance_id": "the first 20 bytes of SHA-256(instance_id_seed, app_id); none with no_instance_id",
    "mr_config": "its digest is SHA-256('dstack-mr-config-v3:', a zero byte, the document)",
    "vm_config": "the machine as verifiers rebuild it; in .sys-config.json",
}
"""Every value that there can be, in the order in which it is shown."""


def measured_values(config: VmConfiguration, launch: Launch | None) -> dict[str, str]:
    """By the names of ``MEANING``; what doesn't depend on the launch also where there can be none."""
    found = {
        "compose_hash": compose_hash(config.compose_file),
        "app_id": config.app_id.lower().removeprefix("0x") or default_app_id(config.compose_file),
        "os_image_hash": _os_image_hash(config.image),
    }
    if launch is not None:
        found |= _of_launch(launch) | {"platform": _platform(launch.spec.tee, config.simulated_tee)}
    return {name: found[name] for name in MEANING if name in found}


def _of_launch(launch: Launch) -> dict[str, str]:
    measured = launch.measured
    found = {**measured.shown, "vm_config": measured.vm_config}
    if measured.mr_config is not None:
        found["mr_config"] = measured.mr_config
        found["instance_id_seed"] = launch.instance_id_seed
        found["instance_id"] = launch.instance_id
    return found


def _platform(tee: Tee | None, simulated_tee: str) -> str:
    match tee:
        case None:
            return f"{simulated_tee} (simulated)" if simulated_tee else Platform.NONE.value
        case Tdx():
            return Platform.TDX.value
        case SevSnp():
            return Platform.AMD_SEV_SNP.value


def _os_image_hash(name: str) -> str:
    try:
        return read_image(conf().image.path, name).digest
    except BrokenImage:
        return ""
