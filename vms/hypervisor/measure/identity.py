"""Which instance of which application a VM is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from ..errors import LaunchRefused
from .request import Application

ID_BYTES = 20


@dataclass(frozen=True)
class Identity:
    """What ``.instance_info`` holds; ``instance_id`` is empty for an application that wants none."""

    app_id: bytes
    instance_id_seed: bytes
    instance_id: bytes


def fixed_identity(application: Application, seed: bytes) -> Identity:
    """The identity that a launch fixes because it is measured.

    Raises:
        LaunchRefused: the application's id has another length, or there is no seed.
    """
    app_id = application.app_id or application.compose_hash[:ID_BYTES]
    if len(app_id) != ID_BYTES:
        raise LaunchRefused(
            f"app_id: must have {ID_BYTES} bytes ({2 * ID_BYTES} hex digits) to be measured, "
            f"not {len(app_id)}"
        )
    if not seed:
        raise LaunchRefused("instance_id_seed: is missing; the measured instance's id is derived from it")
    named = not application.no_instance_id
    instance_id = hashlib.sha256(seed + app_id).digest()[:ID_BYTES] if named else b""
    return Identity(app_id, seed, instance_id)


def instance_info(identity: Identity) -> bytes:
    """The file ``.instance_info``: JSON, bytes in hex."""
    return orjson.dumps(
        {
            "instance_id_seed": identity.instance_id_seed.hex(),
            "instance_id": identity.instance_id.hex(),
            "app_id": identity.app_id.hex(),
        }
    )
