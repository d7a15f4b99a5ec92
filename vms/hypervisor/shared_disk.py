"""``shared.img``: the VM's ``shared/`` folder as a FAT32 disk, built anew at each launch."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path
from typing import BinaryIO

from . import fat32
from .durable import fsync_directory
from .errors import LaunchRefused
from .fat32 import FatError, FatFile
from .rundir import RunDir
from .spec import ShareMode

LABEL = "DSTACKSHR"
"""How guests find the disk."""

MAX_FILES = 1000
"""We put half a dozen there; a guest with a writable share can put any number."""


def ensure_shared_disk(run_dir: RunDir, mode: ShareMode) -> None:
    """Build ``shared.img`` of the regular files in ``shared/``; in every other mode, delete it.

    Blocking: for a thread. Nothing is followed that a guest may have put there, and what
    an interrupted call leaves is in nobody's way.

    Raises:
        LaunchRefused: what is there can't be put on such a disk (with figures), or can't be
            read or written.
    """
    try:
        if mode is ShareMode.VHD:
            _build(run_dir)
        elif run_dir.shared_disk.exists():
            # It holds what the VM was once given to keep: secrets that may have been changed since.
            run_dir.shared_disk.unlink()
            fsync_directory(run_dir.path)
    except FatError as error:
        raise LaunchRefused(f"shared/: {error}") from error
    except OSError as error:
        raise LaunchRefused(f"the shared disk can't be made: {error}") from error


def _build(run_dir: RunDir) -> None:
    unfinished = run_dir.shared_disk.with_name("shared.img.new")
    unfinished.unlink(missing_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(unfinished, flags, 0o600), "w+b") as volume:
        fat32.write_volume(volume, LABEL, _regular_files(run_dir.shared))
        volume.flush()
        os.fsync(volume.fileno())
    unfinished.replace(run_dir.shared_disk)
    fsync_directory(run_dir.path)


def _regular_files(folder: Path) -> list[FatFile]:
    """By name, so that the same files always give the same disk."""
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_file(follow_symlinks=False):
                continue
            size = entry.stat(follow_symlinks=False).st_size
            files.append(FatFile(entry.name, size, partial(_open, Path(entry.path))))
            if len(files) > MAX_FILES:
                raise FatError(f"it holds more than {MAX_FILES} files")
    return sorted(files, key=lambda file: file.name)


def _open(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FatError(f"{path.name!r} is no regular file any more")
    return open(descriptor, "rb")
