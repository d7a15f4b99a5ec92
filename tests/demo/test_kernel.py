"""Taking a kernel out of a bzImage, and modules with their dependencies out of a package."""

from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable

import pytest

from vms.images.demo import modules
from vms.images.demo.kernel import extract_vmlinux


def elf_with_note(owner: bytes = b"Xen\0", kind: int = 18) -> bytes:
    """The least ELF file with one note."""
    note = struct.pack("<III", len(owner), 4, kind) + owner + b"addr"
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQI", 2, 62, 1, 0, 64, 0, 0)
    header += struct.pack("<HHHHHH", 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(note), len(note), 4) + note


def bzimage(payload: bytes, *, protocol: int = 0x20F) -> bytes:
    setup = bytearray(2 * 512)
    setup[0x1F1] = 1
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, protocol)
    struct.pack_into("<II", setup, 0x248, 16, len(payload))
    return bytes(setup) + bytes(16) + payload + b"what follows"


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_the_kernel_is_unpacked(compress: Callable[[bytes], bytes]) -> None:
    size_as_linux_appends_it = struct.pack("<I", len(elf_with_note()))
    assert extract_vmlinux(bzimage(compress(elf_with_note()) + size_as_linux_appends_it)) == elf_with_note()


@pytest.mark.parametrize(
    "image,reason",
    [
        (b"MZ" + bytes(2000), "boot header is missing"),
        (bzimage(lzma.compress(elf_with_note()), protocol=0x207), "too old"),
        (bzimage(lzma.compress(elf_with_note()))[:1100], "cut short"),
        (bzimage(lzma.compress(b"no kernel")), "no 64-bit ELF"),
        (bzimage(lzma.compress(elf_with_note(kind=17))), "without a PVH entry"),
        (bzimage(lzma.compress(elf_with_note())[:8] + b"damaged"), "damaged|no 64-bit ELF"),
        (bzimage(b"\x28\xb5\x2f\xfd zstd"), "unknown compression .*28b52ffd"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(image: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        extract_vmlinux(image)


OFFERED = {
    "kernel/fs/disk.ko": b"\x7fELF\0alias=fs-disk\0depends=journal,crc-16\0license=GPL\0",
    "kernel/fs/journal.ko": b"\x7fELF\0depends=crc-16\0",
    "kernel/lib/crc-16.ko": b"\x7fELF\0depends=\0",
    "kernel/fs/other.ko": b"\x7fELF\0depends=missing\0",
}


def test_modules_come_after_what_they_depend_on() -> None:
    chosen = modules.select(OFFERED, OFFERED.__getitem__, wanted=["disk", "built_in"])
    assert [module.name for module in chosen] == ["crc_16", "journal", "disk"]
    assert modules.dependency_file(chosen).splitlines() == [
        "kernel/lib/crc-16.ko:",
        "kernel/fs/journal.ko: kernel/lib/crc-16.ko",
        "kernel/fs/disk.ko: kernel/fs/journal.ko kernel/lib/crc-16.ko",
    ]
    assert modules.alias_file(chosen) == "alias fs-disk disk\n"


def test_a_module_whose_dependency_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError, match="missing"):
        modules.select(OFFERED, OFFERED.__getitem__, wanted=["other"])
