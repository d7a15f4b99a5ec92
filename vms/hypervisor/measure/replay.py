"""What simulated TPMs replay: the boot events that came with the image."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated

import cbor2
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ..errors import LaunchRefused
from .request import ImageMaterial

_U16 = Annotated[int, Field(ge=0, lt=2**16)]
_U32 = Annotated[int, Field(ge=0, lt=2**32)]
_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2})*$", to_lower=True)]
_Pcr = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{96}$", to_lower=True)]
"""A SHA-384 register, in hex."""
_REPLAY = "measurement.aws.replay.json"


class _Event(BaseModel):
    model_config = ConfigDict(strict=True)

    pcr: _U16
    event_type: str
    digest: _Hex


class _Replay(BaseModel):
    model_config = ConfigDict(strict=True)

    version: _U32
    events: list[_Event]
    pcr4: _Pcr
    pcr7: _Pcr
    pcr12: _Pcr


def gcp_tpm_replay(image: ImageMaterial) -> dict[str, object]:
    """The event log of a simulated GCP TPM. Raises LaunchRefused where the image has none."""
    if image.gcp_event_log is None:
        raise LaunchRefused(_lacks(image, "dstack-gcp-tdx", "measurement.gcp.eventlog.bin"))
    return {"event_log": base64.b64encode(image.gcp_event_log).decode()}


def aws_pcr_replay(image: ImageMaterial) -> dict[str, object]:
    """The events of a simulated NitroTPM.

    Raises:
        LaunchRefused: the image has none, they are of another form, or they end in other
            registers than those that the image's measurement commits to.
    """
    if image.aws_replay is None:
        raise LaunchRefused(_lacks(image, "dstack-aws-nitro-tpm", _REPLAY))
    try:
        replay = _Replay.model_validate_json(image.aws_replay)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise LaunchRefused(f"image {image.name!r}: {_REPLAY}: {where}: {first['msg']}") from error
    registers = bytes.fromhex(replay.pcr4 + replay.pcr7 + replay.pcr12)
    if hashlib.sha256(registers).digest() != _boot_pcr_digest(image):
        raise LaunchRefused(
            f"image {image.name!r}: {_REPLAY} ends in other registers than measurement.aws.cbor says"
        )
    return replay.model_dump()


def _boot_pcr_digest(image: ImageMaterial) -> object:
    """SHA-256 of the registers 4, 7 and 12, as ``measurement.aws.cbor`` commits to them."""
    if image.aws is None:
        raise LaunchRefused(_lacks(image, "dstack-aws-nitro-tpm", "measurement.aws.cbor"))
    try:
        document = cbor2.loads(image.aws)
    except (cbor2.CBORDecodeError, RecursionError) as error:
        raise LaunchRefused(f"image {image.name!r}: measurement.aws.cbor is no CBOR ({error})") from error
    return document.get("boot_pcr_digest") if isinstance(document, dict) else None


def _lacks(image: ImageMaterial, platform: str, file: str) -> str:
    return f"image {image.name!r} can't simulate {platform}: it has no {file}; take an image that has it"
