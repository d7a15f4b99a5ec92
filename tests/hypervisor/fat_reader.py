"""Reads a FAT32 volume as a guest does: from the bytes alone, by the specification, trusting nothing.

Written without a look at the writer, which shares no line with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BAD_OR_END = 0x0FFFFFF7


@dataclass(frozen=True)
class Listing:
    """What the volume holds: its label and the files of its root directory, with their short names."""

    label: str
    files: dict[str, bytes]
    short_names: dict[str, str]


def read(volume: bytes) -> Listing:
    """The volume's content. Raises AssertionError where two things in it contradict each other."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(volume[at : at + size], "little")

    assert volume[510:512] == b"\x55\xaa"
    assert number(17, 2) == number(19, 2) == number(22, 2) == 0, "FAT12 or FAT16 fields are set"
    sector, per_cluster, reserved, fats = number(11, 2), number(13, 1), number(14, 2), number(16, 1)
    sectors, fat_sectors, root = number(32, 4), number(36, 4), number(44, 4)
    assert sectors * sector == len(volume)
    backup = number(50, 2) * sector
    assert volume[: 2 * sector] == volume[backup : backup + 2 * sector]
    tables = [
        volume[(reserved + i * fat_sectors) * sector : (reserved + (i + 1) * fat_sectors) * sector]
        for i in range(fats)
    ]
    assert len(set(tables)) == 1
    first_data = (reserved + fats * fat_sectors) * sector
    clusters = (sectors - reserved - fats * fat_sectors) // per_cluster
    assert clusters >= 65525, "so few clusters are FAT16"
    entries = range(0, len(tables[0]), 4)
    table = [int.from_bytes(tables[0][at : at + 4], "little") & 0x0FFFFFFF for at in entries]
    assert table[0] & 0xFF == number(21, 1)
    claimed: set[int] = set()

    def chain(cluster: int) -> bytes:
        pieces = []
        while 2 <= cluster < clusters + 2:
            assert cluster not in claimed, f"cluster {cluster} belongs to two files"
            claimed.add(cluster)
            at = first_data + (cluster - 2) * per_cluster * sector
            pieces.append(volume[at : at + per_cluster * sector])
            cluster = table[cluster]
        assert cluster > BAD_OR_END
        return b"".join(pieces)

    listing = _directory(chain(root), chain, per_cluster * sector)
    free = [cluster for cluster in range(2, clusters + 2) if table[cluster] == 0]
    info = number(48, 2) * sector
    assert volume[info : info + 4] == b"RRaA"
    assert volume[info + 484 : info + 488] == b"rrAa"
    assert number(info + 488, 4) == len(free) == clusters - len(claimed)
    assert volume[71:82].decode().rstrip() == listing.label
    return listing


def _directory(data: bytes, chain: Callable[[int], bytes], cluster_size: int) -> Listing:
    label = ""
    files: dict[str, bytes] = {}
    short_names: dict[str, str] = {}
    pieces: list[bytes] = []
    for at in range(0, len(data), 32):
        entry = data[at : at + 32]
        if entry[0] == 0:
            break
        if entry[11] == 0x0F:
            pieces.insert(0, entry)
        elif entry[11] & 0x08:
            label = entry[:11].decode().rstrip()
        else:
            name, short = _long_name(pieces, entry[:11]), entry[:11].decode()
            assert name not in files
            assert short not in short_names.values()
            first = int.from_bytes(entry[20:22], "little") << 16 | int.from_bytes(entry[26:28], "little")
            size = int.from_bytes(entry[28:32], "little")
            content = chain(first) if size else b""
            assert (first == 0) == (size == 0)
            assert 0 <= len(content) - size < cluster_size
            assert not content[size:].strip(b"\0")
            files[name], short_names[name], pieces = content[:size], short, []
    assert not pieces
    return Listing(label, files, short_names)


def _long_name(pieces: list[bytes], short: bytes) -> str:
    checksum = 0
    for byte in short:
        checksum = ((checksum >> 1) + (0x80 if checksum % 2 else 0) + byte) % 256
    assert [piece[0] & 0x3F for piece in pieces] == list(range(1, len(pieces) + 1))
    assert [bool(piece[0] & 0x40) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert {piece[13] for piece in pieces} == {checksum}
    units = b"".join(piece[1:11] + piece[14:26] + piece[28:32] for piece in pieces)
    words = [units[at : at + 2] for at in range(0, len(units), 2)]
    length = words.index(b"\0\0") if b"\0\0" in words else len(words)
    assert set(words[length + 1 :]) <= {b"\xff\xff"}
    return b"".join(words[:length]).decode("utf-16-le")
