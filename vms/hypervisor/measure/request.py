"""What a measured configuration is computed from, and what comes of it: frozen values, nothing looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..size import MachineSize
from ..spec import ShareMode, Tee


class TeePlatform(StrEnum):
    """What really protects the guest; a simulated TEE protects nothing and counts as ``NONE``."""

    TDX = "tdx"
    AMD_SEV_SNP = "amd-sev-snp"
    NONE = "none"


class SimulatedTee(StrEnum):
    """The platforms whose evidence a guest can be made to simulate, for development."""

    TDX = "dstack-tdx"
    GCP_TDX = "dstack-gcp-tdx"
    AMD_SEV_SNP = "dstack-amd-sev-snp"
    NITRO_ENCLAVE = "dstack-nitro-enclave"
    AWS_NITRO_TPM = "dstack-aws-nitro-tpm"


class KeyProvider(StrEnum):
    """Who gives the application its keys."""

    NONE = "none"
    KMS = "kms"
    LOCAL = "local"
    TPM = "tpm"


class AttestationPolicy(StrEnum):
    """How the operator wants TDX guests attested; ``AUTO`` looks at memory and image."""

    AUTO = "auto"
    LEGACY = "legacy"
    LITE = "lite"


class AttestationVariant(StrEnum):
    """How a TDX guest's boot is verified: from the whole image, or from its measurement file alone."""

    LEGACY = "legacy"
    LITE = "lite"


@dataclass(frozen=True)
class Application:
    """What the app-compose file says that is measured.

    ``compose_hash`` has 32 bytes, ``app_id`` 20, or none to be derived from it.
    ``gpu_policy_hash`` (32 bytes) is used with GPUs only. ``init_script_hashes`` holds
    32 bytes for each script, in order; ``None`` below manifest version 3.
    ``measure_acpi_tables`` is the compose's own word on the attestation variant, if any.
    """

    compose_hash: bytes
    app_id: bytes = b""
    key_provider: KeyProvider = KeyProvider.NONE
    key_provider_id: bytes = b""
    no_instance_id: bool = False
    gpu_policy_hash: bytes = b""
    init_script_hashes: tuple[bytes, ...] | None = None
    measure_acpi_tables: bool | None = None


@dataclass(frozen=True)
class ImageMaterial:
    """What the guest image brings to its own measurement.

    ``digest`` is lower-case hex, empty where the image has none. ``checksum_file`` is
    ``sha256sum.txt``; the others are the files ``measurement.*``, byte for byte.
    ``ovmf_variant`` names the firmware's measured layout, empty where the image doesn't say.
    """

    name: str
    version: str
    digest: str = ""
    ovmf_variant: str = ""
    checksum_file: bytes | None = None
    tdx: bytes | None = None
    snp: bytes | None = None
    gcp: bytes | None = None
    gcp_event_log: bytes | None = None
    aws: bytes | None = None
    aws_replay: bytes | None = None

    @property
    def has_tdx_lite(self) -> bool:
        """Whether a TDX boot can be verified without the whole image."""
        return bool(self.digest) and self.checksum_file is not None and self.tdx is not None


@dataclass(frozen=True)
class Machine:
    """The guest's shape as QEMU is told; ``memory_mb`` and ``vcpu`` of ``size`` are rounded already."""

    size: MachineSize
    hugepages: bool = False
    num_gpus: int = 0
    num_nvswitches: int = 0
    num_nics: int = 1
    num_volumes: int = 0
    swtpm: bool = False


@dataclass(frozen=True)
class HostPart:
    """What the node's operator chose, as far as it is measured or told to the guest.

    ``qemu_version`` is the number alone, empty where unknown. ``pci_hole64_size`` is in
    bytes, 0 for QEMU's own. Texts may be empty.
    """

    use_mrconfigid: bool = True
    qemu_version: str = ""
    single_pass_add_pages: bool | None = None
    pic: bool | None = None
    pci_hole64_size: int = 0
    hotplug_off: bool = False
    share_mode: ShareMode = ShareMode.NINEP
    attestation: AttestationPolicy = AttestationPolicy.AUTO
    pccs_url: str = ""
    nvidia_attestation_proxy_url: str = ""
    docker_registry: str = ""
    host_api_url: str = "vsock://2:10000/api"


@dataclass(frozen=True)
class SimulatorSettings:
    """The node's credentials for simulated evidence; the seed is 32 bytes in hex, both may be empty."""

    mock_attestation_seed: str = ""
    collateral_base_url: str = ""


@dataclass(frozen=True)
class MeasureRequest:
    """Everything that decides what is measured of one VM.

    ``simulated`` goes with ``TeePlatform.NONE`` only, and needs ``simulator``. The URLs
    are the VM's own or else the node's, decided already. ``instance_seed`` is random, made and
    committed by the caller; it is used where the launch fixes the instance's identity.
    """

    application: Application
    image: ImageMaterial
    platform: TeePlatform
    machine: Machine
    host: HostPart
    instance_seed: bytes = b""
    simulated: SimulatedTee | None = None
    simulator: SimulatorSettings | None = None
    kms_urls: tuple[str, ...] = ()
    gateway_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What the hypervisor, the guest and people are given.

    ``tee`` goes onto the command line. ``mr_config`` is the V3 document, ``vm_config`` the
    JSON that verifiers recompute measurements from. ``shared_files`` are the guest's
    files (``None``: must not exist); ``.instance_info`` is among them only where the launch fixes
    it, and so is ``instance_id`` (empty otherwise). ``shown`` are named values for people.
    """

    tee: Tee | None
    mr_config: str | None
    vm_config: str
    shared_files: Mapping[str, bytes | None]
    instance_id: bytes = b""
    shown: Mapping[str, str] = field(default_factory=dict)
