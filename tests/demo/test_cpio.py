"""The archive writer and the compression frame, read back the way the kernel reads them."""

from __future__ import annotations

import stat
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.images.demo import lz4_legacy
from vms.images.demo.cpio import CpioWriter


@dataclass(frozen=True)
class Entry:
    """One entry of an archive, as the kernel's unpacker sees it."""

    path: str
    mode: int
    content: bytes
    device: tuple[int, int]


def entries(archive: bytes) -> list[Entry]:
    """All entries before the trailer, by the kernel's description of the format."""
    found: list[Entry] = []
    position = 0
    while True:
        header = archive[position : position + 110]
        assert header[:6] == b"070701"
        values = [int(header[6 + 8 * i : 14 + 8 * i], 16) for i in range(13)]
        mode, size, major, minor, name_size = values[1], values[6], values[9], values[10], values[11]
        name = archive[position + 110 : position + 110 + name_size - 1].decode()
        start = position + (110 + name_size + 3 & ~3)
        if name == "TRAILER!!!":
            return found
        found.append(Entry(name, mode, archive[start : start + size], (major, minor)))
        position = start + (size + 3 & ~3)


def test_every_kind_of_entry_is_read_back() -> None:
    writer = CpioWriter()
    writer.file("bin/tool", b"#!", 0o755)
    writer.symlink("bin/sh", "tool")
    writer.character_device("dev/console", 5, 1)
    assert entries(writer.finish()) == [
        Entry("bin", stat.S_IFDIR | 0o755, b"", (0, 0)),
        Entry("bin/tool", stat.S_IFREG | 0o755, b"#!", (0, 0)),
        Entry("bin/sh", stat.S_IFLNK | 0o777, b"tool", (0, 0)),
        Entry("dev", stat.S_IFDIR | 0o755, b"", (0, 0)),
        Entry("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
    ]


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_contents_of_any_length_stay_aligned(contents: list[bytes]) -> None:
    writer = CpioWriter()
    for index, content in enumerate(contents):
        writer.file("f" * (index + 1), content)
    archive = writer.finish()
    assert len(archive) % 512 == 0
    assert [entry.content for entry in entries(archive)] == contents


def test_a_path_is_refused_the_second_time() -> None:
    writer = CpioWriter()
    writer.file("init", b"")
    with pytest.raises(ValueError, match="init is in the archive twice"):
        writer.symlink("init", "elsewhere")


@pytest.mark.parametrize("size", [0, 1, 1000, (8 << 20) - 1, 8 << 20, (8 << 20) + 1])
def test_compressed_data_is_read_back(size: int) -> None:
    data = (b"some words, some numbers " * (size // 25 + 1))[:size]
    frame = lz4_legacy.compress(data)
    assert frame.startswith(b"\x02\x21\x4c\x18")
    assert lz4_legacy.decompress(frame) == data
