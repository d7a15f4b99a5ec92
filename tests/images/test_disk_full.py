"""A disk that is full, for real: a tmpfs of a few megabytes as the image folder."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import configure
from tests.images.hostile import Breaking, breaking
from tests.images.real_registry import RealRegistry
from tests.images.tiny import FILES, tar, with_checksums
from tests.in_process import InProcess
from tests.waiting import eventually
from vms.images import checksums, store
from vms.models import Image, Pull

SIZE = 12 << 20
TAG, NAME = "big", "dstack-big"


class Disk:
    """A small file system; ``fill`` leaves so many bytes of it, ``free`` makes room again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, left: int) -> None:
        found = os.statvfs(self.path)
        ballast = bytes(found.f_bavail * found.f_frsize - left)
        (self.path / ".ballast").write_bytes(ballast)

    def free(self) -> None:
        (self.path / ".ballast").unlink()

    def names(self) -> list[str]:
        """What is there but locks, which stay."""
        return sorted(path.name for path in self.path.iterdir() if path.suffix != ".lock")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},nr_inodes=64,mode=0755", "tmpfs", str(path)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"NOT TESTED: a full disk. It takes root to mount a small one: {mounted.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)


@pytest.fixture
async def slow(
    disk: Disk, vmm: InProcess, registry: RealRegistry, settings: Any
) -> AsyncIterator[tuple[InProcess, Breaking]]:
    """A server whose image folder is the small disk, and whose registry can be made slow."""
    async with breaking(registry.port) as way:
        configure(
            settings, path=disk.path, keep_free=0, registry=f"127.0.0.1:{way.port}/dstacktest/guest-image"
        )
        yield vmm, way


def push(registry: RealRegistry, data: bytes) -> None:
    registry.pusher.layers(TAG, gzip.compress(tar(with_checksums(FILES | {"hda.img": data}))))


async def begin(vmm: InProcess) -> None:
    assert (await vmm.call("PullRegistryImage", {"tag": TAG})).status_code == 204


async def failure() -> str:
    """Wait until the pull has failed: why it did."""

    async def has_ended() -> bool:
        return await Pull.objects.filter(name=NAME, state__in=("failed", "done")).aexists()

    await eventually(has_ended, 30)
    pull = await Pull.objects.aget(name=NAME)
    assert pull.state == "failed"
    return pull.error


async def require_nothing_half(disk: Disk) -> None:
    """No image, under its name or another, neither on the disk nor for anybody who asks."""
    assert disk.names() == [".ballast"]
    assert store.scan(disk.path) == []
    assert not await Image.objects.filter(name=NAME).aexists()


async def pull_now_that_there_is_room(disk: Disk, vmm: InProcess, data: bytes) -> None:
    disk.free()
    await begin(vmm)

    async def is_done() -> bool:
        pull = await Pull.objects.aget(name=NAME)
        assert pull.state != "failed", pull.error
        return pull.state == "done"

    await eventually(is_done, 30)
    assert disk.names() == [NAME]
    checksums.verify(disk.path / NAME, lambda: None)
    assert (disk.path / NAME / "hda.img").read_bytes() == data


async def test_a_disk_that_fills_up_while_it_is_unpacked(
    slow: tuple[InProcess, Breaking], disk: Disk, registry: RealRegistry
) -> None:
    vmm, _ = slow
    data = bytes(8 << 20)  # packs to nothing, so there seems to be room
    push(registry, data)
    disk.fill(left=2 << 20)
    await begin(vmm)
    error = await failure()
    assert error == f"{disk.path} is full (No space left on device): make room there, then pull again"
    await require_nothing_half(disk)
    await pull_now_that_there_is_room(disk, vmm, data)


async def test_a_disk_that_somebody_else_fills_while_it_is_fetched(
    slow: tuple[InProcess, Breaking], disk: Disk, registry: RealRegistry
) -> None:
    vmm, way = slow
    way.bytes_per_s = 1_000_000
    data = random.Random(1).randbytes(3 << 20)
    push(registry, data)
    await begin(vmm)

    async def is_being_fetched() -> bool:
        return any(path.stat().st_size > 100_000 for path in disk.path.glob(f".pull-{NAME}/blobs/*"))

    await eventually(is_being_fetched, 20)
    await asyncio.to_thread(disk.fill, left=256 << 10)
    assert "is full (No space left on device)" in await failure()
    await require_nothing_half(disk)
    await pull_now_that_there_is_room(disk, vmm, data)


async def test_too_little_room_is_told_before_anything_is_fetched(
    slow: tuple[InProcess, Breaking], disk: Disk, registry: RealRegistry
) -> None:
    vmm, _ = slow
    data = random.Random(1).randbytes(3 << 20)
    push(registry, data)
    disk.fill(left=5 << 20)
    await begin(vmm)
    error = await failure()
    assert error.startswith(f"too little room in {disk.path}/.pull-{NAME}: 6 MiB are needed")
    assert error.endswith("but only 4 MiB are free") or error.endswith("but only 5 MiB are free")
    await require_nothing_half(disk)
    await pull_now_that_there_is_room(disk, vmm, data)


async def test_a_disk_that_can_hold_no_file_more(
    slow: tuple[InProcess, Breaking], disk: Disk, registry: RealRegistry
) -> None:
    vmm, _ = slow
    push(registry, b"small")
    disk.fill(left=1 << 20)
    used: list[Path] = []
    while os.statvfs(disk.path).f_favail > 0:
        used.append(disk.path / f".file-{len(used)}")
        used[-1].touch()
    await begin(vmm)
    assert "is full (No space left on device)" in await failure()
    for path in used:
        path.unlink()
    await require_nothing_half(disk)
    await pull_now_that_there_is_room(disk, vmm, b"small")
