"""What is measured, once more, by the words of the rules alone: no code is shared with what is tested.

A verifier would be such a one: it has the compose file's parts and the platform, and wants the bytes.
"""

from __future__ import annotations

import hashlib

from vms.hypervisor.measure import MeasureRequest, TeePlatform


def quoted(value: bytes) -> str:
    return '"' + "".join(f"{byte:02x}" for byte in value) + '"'


def instance(request: MeasureRequest) -> tuple[bytes, bytes]:
    """app_id and instance_id."""
    app_id = request.application.app_id
    if not app_id:
        app_id = request.application.compose_hash[0:20]
    if request.application.no_instance_id:
        return app_id, b""
    hasher = hashlib.sha256()
    hasher.update(request.instance_seed)
    hasher.update(app_id)
    return app_id, hasher.digest()[0:20]


def document(request: MeasureRequest) -> bytes:
    """The version 3 document, its members put together by hand in the order of their names."""
    application = request.application
    app_id, instance_id = instance(request)
    members = ['"app_id":' + quoted(app_id), '"compose_hash":' + quoted(application.compose_hash)]
    if request.machine.num_gpus:
        members.append('"gpu_policy_hash":' + quoted(application.gpu_policy_hash))
    if application.init_script_hashes is not None:
        hashes = ",".join(quoted(each) for each in application.init_script_hashes)
        members.append('"init_script_hashes":[' + hashes + "]")
    if instance_id:
        members.append('"instance_id":' + quoted(instance_id))
    members.append('"key_provider":"' + application.key_provider.value + '"')
    if application.key_provider_id:
        members.append('"key_provider_id":' + quoted(application.key_provider_id))
    members.append('"version":3')
    return ("{" + ",".join(members) + "}").encode()


def carried(request: MeasureRequest, image_version: tuple[int, int, int]) -> bytes | None:
    """What the platform carries: 48 bytes of TDX, 32 of SEV-SNP, or nothing."""
    digest = hashlib.sha256(b"dstack-mr-config-v3:" + b"\x00" + document(request)).digest()
    if request.platform is TeePlatform.AMD_SEV_SNP:
        return digest
    if request.platform is TeePlatform.NONE or not request.host.use_mrconfigid:
        return None
    if image_version < (0, 5, 2):
        return None
    if request.application.key_provider_id:
        return b"\x03" + digest + bytes(15)
    return b"\x01" + request.application.compose_hash + bytes(15)
