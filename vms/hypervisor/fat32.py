"""A FAT32 volume of a few files, written in one go: how a guest is given its ``shared/`` as a disk.

Layout and arithmetic are those of Microsoft's FAT specification ("FAT: General Overview of
On-Disk Format", 1.03), whose names stand in the comments. The volume is made once and never
changed, so every file lies in one piece, and the same files always give the same bytes.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

SECTOR = 512
VOLUME_SIZE = 128 * 2**20
SECTORS = VOLUME_SIZE // SECTOR
RESERVED_SECTORS = 32
FATS = 2
# The specification's own formula, for clusters of one sector: what its table has for volumes up to 260 MB.
FAT_SECTORS = -(-(SECTORS - RESERVED_SECTORS) // ((256 + FATS) // 2))
FIRST_DATA_SECTOR = RESERVED_SECTORS + FATS * FAT_SECTORS
CLUSTERS = SECTORS - FIRST_DATA_SECTOR
FIRST_CLUSTER = 2
"""Of the root directory; numbers 0 and 1 name no cluster."""

CAPACITY = CLUSTERS * SECTOR
"""Bytes for the files and the directory, each rounded up to whole sectors."""

INFO_SECTOR, BACKUP_SECTOR = 1, 6
END_OF_CHAIN = 0x0FFFFFFF
MEDIA = 0xF8
NOT_KNOWN = 0xFFFFFFFF
VOLUME_ID = 0x64737461
"""Would be the time of formatting, which would make every volume another one."""

ENTRY = struct.Struct("<11sBBBHHHHHHHI")
"""Short directory entry: name, attributes, …, dates and times, first cluster (in two halves), size."""
LONG_ENTRY = struct.Struct("<B10sBBB12sH4s")
READ_ONLY_ARCHIVE, VOLUME_LABEL, LONG_NAME = 0x21, 0x08, 0x0F
FIRST_DAY = 0x0021
"""1980-01-01, the first that FAT can tell: no file has a date that depends on when it was written."""

LONG_NAME_UNITS = 13
LAST_LONG_ENTRY = 0x40
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]|[. ]\Z')
UNSHORT = re.compile(r"[^A-Z0-9_-]")
CHUNK = 2**20


class FatError(ValueError):
    """The files can't be put on such a volume; the message says which and why."""


@dataclass(frozen=True)
class FatFile:
    """One file of the root directory: its name, its size in bytes, and how to open it for reading."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def write_volume(volume: BinaryIO, label: str, files: Sequence[FatFile]) -> None:
    """Write the whole volume into a new, empty file, which stays sparse where nothing lies.

    ``label`` has at most 11 ASCII capitals and digits. Files are written in the given order.

    Raises:
        FatError: two names are the same to FAT, one can't be on it, the files don't fit, or
            one has another size than was said.
        OSError: reading or writing failed.
    """
    _check_names(files)
    directory_sectors = _sectors((1 + sum(1 + len(_units(file.name)) for file in files)) * ENTRY.size)
    chains = [directory_sectors, *(_sectors(file.size) for file in files)]
    used = sum(chains)
    if used > CLUSTERS:
        total = sum(file.size for file in files)
        raise FatError(f"{len(files)} files of {total} bytes don't fit on a disk of {CAPACITY} bytes")
    volume.truncate(VOLUME_SIZE)
    boot = _boot_sector(label) + _info_sector(used)
    for sector in (0, BACKUP_SECTOR):
        _write_at(volume, sector, boot)
    table = _table(chains)
    for number in range(FATS):
        _write_at(volume, RESERVED_SECTORS + number * FAT_SECTORS, table)
    _write_at(volume, FIRST_DATA_SECTOR, _directory(label, files, directory_sectors))
    sector = FIRST_DATA_SECTOR + directory_sectors
    for file in files:
        volume.seek(sector * SECTOR)
        _copy(file, volume)
        sector += _sectors(file.size)


def _check_names(files: Sequence[FatFile]) -> None:
    seen: set[str] = set()
    for file in files:
        if not file.name or FORBIDDEN.search(file.name):
            raise FatError(f"{file.name!r} can't name a file on a FAT disk")
        try:
            file.name.encode("utf-16-le")
        except UnicodeEncodeError:
            raise FatError(
                f"{file.name!r} is no text, and can't be the name of a file on a FAT disk"
            ) from None
        if file.name.upper() in seen:
            raise FatError(f"{file.name!r} and another file have the same name on a FAT disk")
        seen.add(file.name.upper())


def _sectors(size: int) -> int:
    return -(-size // SECTOR)


def _write_at(volume: BinaryIO, sector: int, data: bytes) -> None:
    volume.seek(sector * SECTOR)
    volume.write(data)


def _boot_sector(label: str) -> bytes:
    return struct.pack(
        "<3s8sHBHBHHBHHHIIIHHIHH12xBBBI11s8s420xH",
        *(b"\xeb\x58\x90", b"MSWIN4.1"),  # BS_jmpBoot, BS_OEMName
        *(SECTOR, 1, RESERVED_SECTORS, FATS, 0, 0, MEDIA, 0),  # BPB_BytsPerSec … BPB_FATSz16
        *(63, 255, 0, SECTORS),  # BPB_SecPerTrk, BPB_NumHeads, BPB_HiddSec, BPB_TotSec32
        *(FAT_SECTORS, 0, 0, FIRST_CLUSTER, INFO_SECTOR, BACKUP_SECTOR),  # BPB_FATSz32 … BPB_BkBootSec
        *(0x80, 0, 0x29, VOLUME_ID, _padded(label), b"FAT32   ", 0xAA55),  # BS_DrvNum … Signature_word
    )


def _info_sector(used: int) -> bytes:
    free = CLUSTERS - used
    next_free = FIRST_CLUSTER + used if free else NOT_KNOWN
    return struct.pack("<I480xIII12xI", 0x41615252, 0x61417272, free, next_free, 0xAA550000)


def _table(chains: Sequence[int]) -> bytes:
    """The allocation table: for every cluster the next of its file, one file after the other."""
    table = array("I", [0x0FFFFF00 | MEDIA, END_OF_CHAIN])
    for length in chains:
        if length:
            table.extend(range(len(table) + 1, len(table) + length))
            table.append(END_OF_CHAIN)
    return table.tobytes()


def _directory(label: str, files: Sequence[FatFile], sectors: int) -> bytes:
    entries = [_entry(_padded(label), VOLUME_LABEL, 0, 0)]
    cluster = FIRST_CLUSTER + sectors
    for number, file in enumerate(files, start=1):
        short = _short_name(file.name, number)
        entries += _long_entries(file.name, short)
        entries.append(_entry(short, READ_ONLY_ARCHIVE, cluster if file.size else 0, file.size))
        cluster += _sectors(file.size)
    return b"".join(entries)


def _entry(name: bytes, attributes: int, cluster: int, size: int) -> bytes:
    dates = (FIRST_DAY, FIRST_DAY, cluster >> 16, 0, FIRST_DAY, cluster & 0xFFFF)
    return ENTRY.pack(name, attributes, 0, 0, 0, *dates, size)


def _short_name(name: str, number: int) -> bytes:
    """``APP-CO~1JSO``: only old systems see it; ``number`` makes it the only one."""
    stem, _, suffix = name.lstrip(".").upper().rpartition(".")
    stem, suffix = (stem, suffix) if stem else (suffix, "")
    tail = f"~{number}"
    shown = UNSHORT.sub("_", stem)[: 8 - len(tail)] + tail
    return shown.ljust(8).encode() + UNSHORT.sub("_", suffix)[:3].ljust(3).encode()


def _long_entries(name: str, short: bytes) -> Iterator[bytes]:
    """The name in pieces, the last piece first."""
    checksum = 0
    for byte in short:
        checksum = ((checksum & 1) << 7 | checksum >> 1) + byte & 0xFF
    units = _units(name)
    for number in range(len(units), 0, -1):
        last = LAST_LONG_ENTRY if number == len(units) else 0
        piece = units[number - 1]
        yield LONG_ENTRY.pack(number | last, piece[:10], LONG_NAME, 0, checksum, piece[10:22], 0, piece[22:])


def _units(name: str) -> list[bytes]:
    """The name in UTF-16, in pieces of 13 units; ended by 0000 and filled with FFFF where there is room."""
    length = LONG_NAME_UNITS * 2
    data = name.encode("utf-16-le", "surrogatepass")
    if len(data) % length:
        data = (data + b"\0\0").ljust(-(-len(data) // length) * length, b"\xff")
    return [data[at : at + length] for at in range(0, len(data), length)]


def _padded(label: str) -> bytes:
    return label.encode("ascii").ljust(11)


def _copy(file: FatFile, volume: BinaryIO) -> None:
    left = file.size
    with file.open() as source:
        while chunk := source.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            volume.write(chunk)
    if left:
        raise FatError(f"{file.name!r} changed while it was being copied")
