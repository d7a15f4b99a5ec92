"""From everything that decides it to what is measured, and to what the guest is told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from ..errors import LaunchRefused
from ..spec import SevSnp, Tdx, Tee
from .guest_files import INSTANCE_INFO, SYS_CONFIG, TEE_SIMULATOR, sys_config, tee_simulator
from .identity import Identity, fixed_identity, instance_info
from .mr_config import (
    MrConfigVersion,
    document_digest,
    mr_config_version,
    tdx_id_v1,
    tdx_id_v3,
    v3_document,
)
from .request import (
    AttestationVariant,
    Measured,
    MeasureRequest,
    SimulatedTee,
    SimulatorSettings,
    TeePlatform,
)
from .vm_config import vm_config

TDX_ID_FROM = (0, 5, 2)
"""The image version from which guests know an MRCONFIGID; older ones are given none."""
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?!\d)", re.ASCII)


def measure(request: MeasureRequest) -> Measured:
    """The measured configuration of one launch: same request, same bytes.

    Raises:
        LaunchRefused: it can't be measured, or would not be verified; says what is missing.
    """
    simulator = _simulator(request)
    version = _mr_config_version(request)
    identity = _identity(request) if version is MrConfigVersion.V3 else None
    document = _document(request, identity) if identity else None
    config = vm_config(request, document)
    text = orjson.dumps(config).decode()
    files: dict[str, bytes | None] = {
        SYS_CONFIG: sys_config(request, text, document),
        TEE_SIMULATOR: tee_simulator(*simulator, config, document) if simulator else None,
    }
    if identity is not None:
        files[INSTANCE_INFO] = instance_info(identity)
    tee = _tee(request, version, document)
    return Measured(
        tee=tee,
        mr_config=document,
        vm_config=text,
        shared_files=files,
        instance_id=identity.instance_id if identity else b"",
        shown=_shown(request, tee, document, config),
    )


def _simulator(request: MeasureRequest) -> tuple[SimulatedTee, SimulatorSettings] | None:
    if request.simulated is None:
        return None
    if request.platform is not TeePlatform.NONE:
        raise LaunchRefused(f"simulated_tee: not on a real TEE ({request.platform}); it implies no_tee")
    if request.simulator is None:
        raise LaunchRefused("simulated_tee: this node has no simulator configured ([cvm.tee_simulator])")
    return request.simulated, request.simulator


def _mr_config_version(request: MeasureRequest) -> MrConfigVersion | None:
    return mr_config_version(
        request.platform,
        request.simulated,
        use_mrconfigid=request.host.use_mrconfigid,
        has_key_provider_id=bool(request.application.key_provider_id),
    )


def _identity(request: MeasureRequest) -> Identity:
    return fixed_identity(request.application, request.instance_seed)


def _document(request: MeasureRequest, identity: Identity) -> str:
    return v3_document(request.application, identity, has_gpus=request.machine.num_gpus > 0)


def _tee(request: MeasureRequest, version: MrConfigVersion | None, document: str | None) -> Tee | None:
    if request.platform is TeePlatform.TDX:
        if version is None or _image_version(request) < TDX_ID_FROM:
            return Tdx()
        return Tdx(tdx_id_v1(request.application.compose_hash) if document is None else tdx_id_v3(document))
    if request.platform is TeePlatform.AMD_SEV_SNP and document is not None:
        return SevSnp(document_digest(document))
    return None


def _image_version(request: MeasureRequest) -> tuple[int, ...]:
    numbers = _VERSION.match(request.image.version)
    if numbers is None:
        raise LaunchRefused(
            f"image {request.image.name!r}: its version must begin like 0.5.3, not {request.image.version!r}"
        )
    return tuple(int(number) for number in numbers.groups())


def _shown(
    request: MeasureRequest, tee: Tee | None, document: str | None, config: Mapping[str, object]
) -> dict[str, str]:
    """Hex, but for the variant: what somebody compares with a verifier's report."""
    shown = {
        "compose_hash": request.application.compose_hash.hex(),
        "os_image_hash": request.image.digest,
    }
    if isinstance(tee, Tdx):
        legacy = AttestationVariant.LEGACY.value
        shown["tdx_attestation_variant"] = str(config.get("tdx_attestation_variant", legacy))
        shown["mrconfigid"] = (tee.mr_config_id or b"").hex()
    elif document is not None:
        shown["host_data"] = document_digest(document).hex()
    return shown
