"""The data disk: a qcow2 file that is made once, may grow and never shrinks."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

from vms import faults

from .durable import fsync_directory
from .errors import LaunchRefused
from .options import path_value, whole
from .rundir import RunDir
from .spec import HostSettings, ImageFiles

GIB = 2**30
QCOW2_MAGIC = b"QFI\xfb"
QCOW2_SIZE_FIELD = struct.Struct(">Q")
QCOW2_SIZE_OFFSET = 24
"""Where the header of a qcow2 file holds the disk's size (QEMU's docs/interop/qcow2.txt)."""


async def ensure_data_disk(run_dir: RunDir, disk_gb: int, image: ImageFiles, host: HostSettings) -> None:
    """Make ``hda.img`` (over the image's own ``hda`` where it has one), or let it grow to ``disk_gb`` GiB.

    Raises:
        LaunchRefused: it can't be made or grown, or what is there is no qcow2 disk.
    """
    whole(disk_gb, 1, 2**20, "the disk's size (GB)")
    try:
        await _create_or_grow(run_dir, disk_gb, image, host)
    except OSError as error:
        raise LaunchRefused(f"the data disk: {error}") from error


async def _create_or_grow(run_dir: RunDir, disk_gb: int, image: ImageFiles, host: HostSettings) -> None:
    disk = run_dir.data_disk
    if not disk.exists():
        await _create(run_dir, disk_gb, image, host)
        return
    size = virtual_size(disk)
    if size is None:
        raise LaunchRefused(f"{disk.name} is no qcow2 disk")
    if size < disk_gb * GIB:
        await _qemu_img(host, run_dir, "resize", "-q", "-f", "qcow2", disk.name, f"{disk_gb}G")
        faults.point("disk.grown")


def virtual_size(disk: Path) -> int | None:
    """The size in bytes that the guest sees; ``None`` for a file that is no qcow2.

    Read from the header: asking ``qemu-img info`` would take 30 ms at every launch.
    """
    with open(disk, "rb") as file:
        header = file.read(QCOW2_SIZE_OFFSET + QCOW2_SIZE_FIELD.size)
    if not header.startswith(QCOW2_MAGIC) or len(header) < QCOW2_SIZE_OFFSET + QCOW2_SIZE_FIELD.size:
        return None
    size: int = QCOW2_SIZE_FIELD.unpack_from(header, QCOW2_SIZE_OFFSET)[0]
    return size


async def _create(run_dir: RunDir, disk_gb: int, image: ImageFiles, host: HostSettings) -> None:
    unfinished = run_dir.data_disk.with_name("hda.img.new")
    unfinished.unlink(missing_ok=True)
    backing: list[str] = []
    if image.hda is not None:
        kind = "raw" if virtual_size(image.hda) is None else "qcow2"
        backing = ["-o", f"backing_file={path_value(image.hda)},backing_fmt={kind}"]
    await _qemu_img(host, run_dir, "create", "-q", "-f", "qcow2", *backing, unfinished.name, f"{disk_gb}G")
    faults.point("disk.made")
    _sync_file(unfinished)
    unfinished.replace(run_dir.data_disk)
    faults.point("disk.renamed")
    fsync_directory(run_dir.path)


def _sync_file(path: Path) -> None:
    path.chmod(0o600)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _qemu_img(host: HostSettings, run_dir: RunDir, *arguments: str) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            host.qemu_img_path,
            *arguments,
            cwd=run_dir.path,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise LaunchRefused(f"cannot run {host.qemu_img_path}: {error.strerror}") from error
    faults.point("disk.tool")
    try:
        async with asyncio.timeout(host.launch_timeout_s):
            _, stderr = await process.communicate()
    except TimeoutError as error:
        raise LaunchRefused(f"qemu-img {arguments[0]} did not end in {host.launch_timeout_s:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        words = stderr.decode(errors="replace").strip().removeprefix("qemu-img: ")
        raise LaunchRefused(f"the data disk: {words[-2000:]}")
