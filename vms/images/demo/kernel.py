"""Taking the uncompressed kernel out of a bzImage.

An uncompressed ``vmlinux`` with a PVH entry point starts about twice as fast under software
emulation, because the guest need not unpack itself. The layout of a bzImage is in the
kernel's ``Documentation/arch/x86/boot.rst``.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib

from vms.images.demo import elf

_XEN_ELFNOTE_PHYS32_ENTRY = 18
_PAYLOAD_FIELDS_SINCE = 0x0208


def extract_vmlinux(bzimage: bytes) -> bytes:
    """The ELF kernel inside ``bzimage``.

    Raises ValueError when it is no bzImage, when it is compressed in a way that Python cannot
    unpack, or when the kernel inside has no PVH entry point (QEMU could not start it).
    """
    if bzimage[0x202:0x206] != b"HdrS":
        raise ValueError("not a bzImage: the boot header is missing")
    (protocol,) = struct.unpack_from("<H", bzimage, 0x206)
    if protocol < _PAYLOAD_FIELDS_SINCE:
        raise ValueError(f"boot protocol {protocol:#06x} is too old to say where the kernel lies")
    setup_sectors = bzimage[0x1F1] or 4  # 0 means 4, by the boot protocol
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = bzimage[start : start + length]
    if len(payload) < length:
        raise ValueError("the bzImage is cut short")
    vmlinux = _decompress(payload)
    if not elf.is_elf64(vmlinux):
        raise ValueError("what the bzImage holds is no 64-bit ELF kernel")
    if not elf.has_note(vmlinux, "Xen", _XEN_ELFNOTE_PHYS32_ENTRY):
        raise ValueError("the kernel was built without a PVH entry point")
    return vmlinux


def _decompress(payload: bytes) -> bytes:
    # The payload ends with its unpacked size, which decompressor objects leave in unused_data.
    try:
        if payload.startswith(b"\xfd7zXZ\0"):
            return lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(payload)
        if payload.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(payload)
        if payload.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(payload)
        if payload.startswith(b"]\0\0"):
            return lzma.LZMADecompressor(format=lzma.FORMAT_ALONE).decompress(payload)
    except (lzma.LZMAError, zlib.error, OSError) as error:
        raise ValueError(f"the kernel inside the bzImage is damaged: {error}") from error
    raise ValueError(f"unknown compression of the kernel (it begins with {payload[:4].hex()})")
