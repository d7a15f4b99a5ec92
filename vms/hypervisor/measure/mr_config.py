"""The application's configuration as TDX (``MRCONFIGID``) and SEV-SNP (``HOST_DATA``) carry it.

Version 1 is the compose file's hash alone. Version 3 is the hash of a document that also names the
application, its instance and who gives it keys; the document travels with the evidence.
"""

from __future__ import annotations

import hashlib
from enum import Enum

import rfc8785

from ..errors import LaunchRefused
from .identity import Identity
from .request import Application, SimulatedTee, TeePlatform

TDX_ID_BYTES = 48
_V3_DOMAIN = b"dstack-mr-config-v3:\0"


class MrConfigVersion(Enum):
    V1 = 1
    V3 = 3


def mr_config_version(
    platform: TeePlatform, simulated: SimulatedTee | None, *, use_mrconfigid: bool, has_key_provider_id: bool
) -> MrConfigVersion | None:
    """Which version is measured, ``None`` for none at all.

    Raises:
        LaunchRefused: only version 3 binds a key provider, and the operator switched it off.
    """
    if platform is TeePlatform.AMD_SEV_SNP or simulated is SimulatedTee.AMD_SEV_SNP:
        return MrConfigVersion.V3
    if platform is TeePlatform.NONE:
        return None
    if not use_mrconfigid:
        if has_key_provider_id:
            raise LaunchRefused(
                "key_provider_id: this node doesn't measure it ([cvm] use_mrconfigid is off), and nothing "
                "would hold the application to that key provider; remove it, or switch use_mrconfigid on"
            )
        return None
    return MrConfigVersion.V3 if has_key_provider_id else MrConfigVersion.V1


def tdx_id_v1(compose_hash: bytes) -> bytes:
    """The 48 bytes of version 1."""
    return _tdx_id(MrConfigVersion.V1, compose_hash)


def tdx_id_v3(document: str) -> bytes:
    """The 48 bytes of version 3."""
    return _tdx_id(MrConfigVersion.V3, document_digest(document))


def document_digest(document: str) -> bytes:
    """The 32 bytes that stand for a version 3 document; SEV-SNP's host data as they are."""
    return hashlib.sha256(_V3_DOMAIN + document.encode()).digest()


def v3_document(application: Application, identity: Identity, *, has_gpus: bool) -> str:
    """Canonical JSON (RFC 8785), bytes in hex. What is empty is left out, except for the init scripts'
    hashes: an empty list of them says that no script may run.
    """
    fields: dict[str, int | str | list[str]] = {
        "version": MrConfigVersion.V3.value,
        "app_id": identity.app_id.hex(),
        "compose_hash": application.compose_hash.hex(),
        "gpu_policy_hash": application.gpu_policy_hash.hex() if has_gpus else "",
        "key_provider": application.key_provider.value,
        "key_provider_id": application.key_provider_id.hex(),
        "instance_id": identity.instance_id.hex(),
    }
    kept = {name: value for name, value in fields.items() if value}
    if application.init_script_hashes is not None:
        kept["init_script_hashes"] = [each.hex() for each in application.init_script_hashes]
    return rfc8785.dumps(kept).decode()


def _tdx_id(version: MrConfigVersion, digest: bytes) -> bytes:
    return (bytes([version.value]) + digest).ljust(TDX_ID_BYTES, b"\0")
