"""LZ4's legacy frame, the only LZ4 framing that the kernel's initrd unpacker reads.

Layout (the kernel's ``lib/decompress_unlz4.c``): the magic, then for each 8 MiB of input a
little-endian 32-bit size and one raw LZ4 block.
"""

from __future__ import annotations

import struct

import lz4.block

MAGIC = struct.pack("<I", 0x184C2102)
_CHUNK = 8 << 20


def compress(data: bytes) -> bytes:
    """``data`` as one legacy frame."""
    frame = [MAGIC]
    for start in range(0, len(data), _CHUNK):
        block = lz4.block.compress(
            data[start : start + _CHUNK], mode="high_compression", compression=9, store_size=False
        )
        frame += [struct.pack("<I", len(block)), block]
    return b"".join(frame)


def decompress(frame: bytes) -> bytes:
    """What :func:`compress` was given. Raises ValueError when ``frame`` is no legacy frame."""
    if frame[:4] != MAGIC:
        raise ValueError("not an LZ4 legacy frame")
    data, position = [], 4
    while position < len(frame):
        (size,) = struct.unpack_from("<I", frame, position)
        position += 4
        data.append(lz4.block.decompress(frame[position : position + size], uncompressed_size=_CHUNK))
        position += size
    return b"".join(data)
