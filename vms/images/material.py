"""What an image brings to its own measurement: small files, which speak for the big ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path

from vms.images.errors import BrokenImage

MAX_BYTES = 1 << 20
CHECKSUMS = "sha256sum.txt"
REPLAY = "measurement.aws.replay.json"
_FILES = {
    "tdx": "measurement.tdx.cbor",
    "snp": "measurement.snp.cbor",
    "gcp": "measurement.gcp.cbor",
    "gcp_event_log": "measurement.gcp.eventlog.bin",
    "aws": "measurement.aws.cbor",
    "aws_replay": REPLAY,
}
_UNVOUCHED = (REPLAY, "measurement.gcp.eventlog.bin")
"""Nobody verifies these: simulators replay them. Images are built with and without their checksums."""


@dataclass(frozen=True)
class Material:
    """The bytes of ``sha256sum.txt`` and of the files ``measurement.*``; ``None`` for what isn't there."""

    checksum_file: bytes | None = None
    tdx: bytes | None = None
    snp: bytes | None = None
    gcp: bytes | None = None
    gcp_event_log: bytes | None = None
    aws: bytes | None = None
    aws_replay: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(len(getattr(self, field.name) or b"") for field in fields(self))


def read_material(folder: Path) -> Material:
    """Read what there is in ``folder``, which is resolved already.

    A verifier believes a measurement because ``sha256sum.txt``, whose own digest names the
    image, vouches for it. So one that it doesn't name, or names otherwise, is refused here.

    Raises:
        BrokenImage: one is too large, leads out of the folder, or isn't what it should be.
        OSError: one can't be read.
    """
    checksums = read_small(folder, CHECKSUMS)
    found = {field: read_small(folder, name) for field, name in _FILES.items()}
    if checksums is not None:
        for field, data in found.items():
            if data is not None:
                _require_vouched(_FILES[field], data, checksums)
    if found["aws_replay"] is not None:
        _require_json_object(REPLAY, found["aws_replay"])
    return Material(checksum_file=checksums, **found)


def read_small(folder: Path, name: str) -> bytes | None:
    """A file's bytes, ``None`` where it isn't there. Raises BrokenImage, OSError as ``read_material``."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise BrokenImage(f"{name} leads out of the image's folder")
    if not path.exists():
        return None
    if not path.is_file():
        raise BrokenImage(f"{name} is no regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BrokenImage(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    return data


def _require_vouched(name: str, data: bytes, checksums: bytes) -> None:
    """By the verifiers' own reading of the file: words between blanks, and each name once."""
    lines = (line.split() for line in checksums.decode("utf-8", "replace").splitlines())
    digests = [words[0].lower() for words in lines if words[1:2] == [name]]
    if not digests and name in _UNVOUCHED:
        return
    if not digests:
        raise BrokenImage(f"{CHECKSUMS} doesn't name {name}, so that nobody would believe it")
    if digests != [hashlib.sha256(data).hexdigest()]:
        raise BrokenImage(f"{name} is not what {CHECKSUMS} says")


def _require_json_object(name: str, data: bytes) -> None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenImage(f"{name} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise BrokenImage(f"{name} must hold a JSON object")
