"""The little of ELF that the builder reads: shared libraries a program needs, and notes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_DT_NEEDED, _DT_STRTAB = 1, 5


@dataclass(frozen=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def is_elf64(data: bytes) -> bool:
    """Whether ``data`` begins like a little-endian 64-bit ELF file."""
    return data[:6] == b"\x7fELF\x02\x01"


def needed_libraries(data: bytes) -> list[str]:
    """Names of the shared libraries that a program or library needs; none for a static one."""
    segments = _segments(data)
    dynamic = [segment for segment in segments if segment.kind == _PT_DYNAMIC]
    if not dynamic:
        return []
    entries = []
    for position in range(dynamic[0].offset, dynamic[0].offset + dynamic[0].size, 16):
        tag, value = struct.unpack_from("<qQ", data, position)
        if tag == 0:
            break
        entries.append((tag, value))
    strings = _file_offset(segments, next(value for tag, value in entries if tag == _DT_STRTAB))
    return [_string(data, strings + value) for tag, value in entries if tag == _DT_NEEDED]


def interpreter(data: bytes) -> str | None:
    """Path of the dynamic loader that a program asks for; None for a library or a static program."""
    for segment in _segments(data):
        if segment.kind == _PT_INTERP:
            return _string(data, segment.offset)
    return None


def has_note(data: bytes, owner: str, kind: int) -> bool:
    """Whether one of the file's note segments holds a note ``kind`` of ``owner``."""
    return any(note == (owner, kind) for note in _notes(data))


def _notes(data: bytes) -> Iterator[tuple[str, int]]:
    for segment in _segments(data):
        if segment.kind != _PT_NOTE:
            continue
        position, end = segment.offset, segment.offset + segment.size
        while position + 12 <= end:
            name_size, content_size, kind = struct.unpack_from("<III", data, position)
            position += 12
            name = data[position : position + name_size].rstrip(b"\0")
            yield name.decode("latin-1"), kind
            position += _aligned(name_size) + _aligned(content_size)


def _aligned(size: int) -> int:
    return (size + 3) & ~3


def _segments(data: bytes) -> list[_Segment]:
    if not is_elf64(data):
        raise ValueError("not a 64-bit ELF file")
    (table,) = struct.unpack_from("<Q", data, 32)
    entry_size, count = struct.unpack_from("<HH", data, 54)
    segments = []
    for index in range(count):
        kind, _flags, offset, address, _physical, size = struct.unpack_from(
            "<IIQQQQ", data, table + index * entry_size
        )
        segments.append(_Segment(kind, offset, address, size))
    return segments


def _file_offset(segments: list[_Segment], address: int) -> int:
    for segment in segments:
        if segment.kind == _PT_LOAD and segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    raise ValueError(f"no segment holds address {address:#x}")


def _string(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()
