"""What the header of a qcow2 file says; read by ourselves, since probing is what must not happen.

Field numbers are those of QEMU's docs/interop/qcow2.txt.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"QFI\xfb"
HEADER = struct.Struct(">4sIQIIQ")
"""Magic, version, offset and size of the backing file's name, cluster bits, virtual size."""
FEATURES = struct.Struct(">Q")
FEATURES_OFFSET = 72
EXTERNAL_DATA = 1 << 2
MAX_NAME = 1023


@dataclass(frozen=True)
class Qcow2Header:
    """``backing_file`` is the name as written, empty where there is none; ``size`` in bytes."""

    size: int
    backing_file: str
    has_external_data: bool


def read_header(disk: Path) -> Qcow2Header | None:
    """The header; ``None`` for what is no regular qcow2 file (a link is not followed)."""
    try:
        descriptor = os.open(disk, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        head = file.read(FEATURES_OFFSET + FEATURES.size)
        if len(head) < HEADER.size or not head.startswith(MAGIC):
            return None
        _, version, name_offset, name_size, _, size = HEADER.unpack_from(head)
        name = b""
        if name_offset:
            file.seek(name_offset)
            name = file.read(min(name_size, MAX_NAME))
    features = 0
    if version >= 3 and len(head) == FEATURES_OFFSET + FEATURES.size:
        (features,) = FEATURES.unpack_from(head, FEATURES_OFFSET)
    return Qcow2Header(size, os.fsdecode(name), bool(features & EXTERNAL_DATA))
