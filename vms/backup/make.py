"""Making a backup, beside a running server or without one."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import BinaryIO

from vms.backup.archive import ArchiveWriter, written_beside
from vms.backup.contents import (
    ABOUT,
    DATA_DISK,
    DATABASE,
    MAX_FILE_IN_FOLDERS,
    SECRET_KEY,
    About,
    files_below,
    files_of_vm,
)
from vms.backup.database import Known, copy_database
from vms.backup.errors import BackupFailed
from vms.hypervisor import lock
from vms.hypervisor.disk_copy import copy_disk
from vms.hypervisor.errors import NotAnswering
from vms.hypervisor.rundir import RunDir

TRIES = 3
"""A VM may start or end just while its disk is looked at."""
KEEP_FREE = 1 << 30
RESERVED = "its disk is being backed up; try again once that is done"
Tell = Callable[[str, int, int], None]
"""(what is done, bytes done, of about so many)"""


@dataclass(frozen=True)
class Places:
    """Where a server has its things."""

    data_dir: Path
    run_path: Path
    image_path: Path


@dataclass(frozen=True)
class Wish:
    """What is to be in the backup. ``node`` and ``version`` are written into it."""

    node: str
    version: str
    with_disks: bool = True
    with_images: bool = False


@dataclass(frozen=True)
class Made:
    """``left_out`` says which parts could not be had, and why: the backup lacks them."""

    about: About
    size: int
    left_out: tuple[str, ...]


def make_backup(target: Path, places: Places, wish: Wish, tell: Tell) -> Made:
    """Write the backup to ``target``, which must not be there. VMs go on, whatever becomes of it.

    Raises:
        BackupFailed: nothing was made.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as beside,
            written_beside(target) as file,
        ):
            copy = Path(beside) / DATABASE
            known = copy_database(places.data_dir / DATABASE, copy)
            backup = _Backup(file, places, wish, known, tell)
            backup.write(copy)
        return Made(backup.about, target.stat().st_size, tuple(backup.left_out))
    except OSError as error:
        raise BackupFailed(f"{target} can't be written: {error.strerror or error}") from error


class NoRoom(Exception):
    """A disk's copy would take the room that running VMs need to write."""


class _Backup:
    """One being made."""

    def __init__(self, file: BinaryIO, places: Places, wish: Wish, known: Known, tell: Tell) -> None:
        self._places, self._wish, self._known, self._tell = places, wish, known, tell
        self._done, self._all = 0, self._expected()
        self._what = ""
        self._archive = ArchiveWriter(file, self._read)
        self.left_out: list[str] = []
        self.about = About(
            made_at_ms=time_ns() // 1_000_000,
            version=wish.version,
            node=wish.node,
            vms=known.vms,
            images=known.images,
            with_images=wish.with_images,
        )

    def write(self, database: Path) -> None:
        self._archive.add_bytes(ABOUT, self.about.encoded())
        self._what = "database"
        self._archive.add_file(f"database/{DATABASE}", database)
        self._archive.add_file(f"database/{SECRET_KEY}", self._places.data_dir / SECRET_KEY)
        for vm_id, name in self._known.vms.items():
            self._what = f"VM {name}"
            self._add_vm(vm_id, name)
        if self._wish.with_images:
            for name in self._known.images:
                self._what = f"image {name}"
                self._add_image(name)
        self._archive.close()

    def _add_vm(self, vm_id: str, name: str) -> None:
        run_dir = RunDir.of(self._places.run_path, vm_id)
        try:
            found = list(files_of_vm(run_dir))
        except OSError as error:
            self.left_out.append(f"VM {name!r} ({vm_id}): {error}")
            return
        for file, path in found:
            if not self._archive.add_file(f"vm/{vm_id}/{file}", path, MAX_FILE_IN_FOLDERS):
                self.left_out.append(f"VM {name!r} ({vm_id}): {file} is gone, or too large for what it is")
        if not self._wish.with_disks:
            return
        try:
            self._add_disk(run_dir, vm_id)
        except (NotAnswering, NoRoom) as error:
            self.left_out.append(f"VM {name!r} ({vm_id}): its disk: {error}")

    def _add_disk(self, run_dir: RunDir, vm_id: str) -> None:
        """From QEMU while it runs, else the file, which nobody opens meanwhile.

        Raises:
            NotAnswering, NoRoom: it can't be had now.
        """
        name = f"vm/{vm_id}/{DATA_DISK}"
        for last in (False,) * (TRIES - 1) + (True,):
            if not run_dir.data_disk.exists():
                return  # it never ran, or is gone
            try:
                with lock.reserved(run_dir, RESERVED):
                    self._archive.add_file(name, run_dir.data_disk)
                    return
            except lock.LockHeld:
                pass
            except FileNotFoundError:
                return  # removed just now
            _require_room(run_dir)
            try:
                copy = asyncio.run(copy_disk(run_dir, vm_id, self._copied))
            except NotAnswering:
                if last or lock.is_inhabited(run_dir):
                    raise
                continue
            try:
                self._archive.add_file(name, copy)
                return
            finally:
                copy.unlink(missing_ok=True)

    def _add_image(self, name: str) -> None:
        for file, path in files_below(self._places.image_path / name):
            self._archive.add_file(f"image/{name}/{file}", path)

    def _expected(self) -> int:
        """About how many bytes there are to read."""
        total = 0
        for vm_id in self._known.vms:
            disk = RunDir.of(self._places.run_path, vm_id).data_disk
            total += _size(disk) if self._wish.with_disks else 0
        if self._wish.with_images:
            for name in self._known.images:
                total += sum(_size(path) for _, path in files_below(self._places.image_path / name))
        return total

    def _read(self, size: int) -> None:
        self._done += size
        self._tell(self._what, self._done, max(self._all, self._done))

    def _copied(self, done: int, total: int) -> None:
        self._tell(f"{self._what}: QEMU copies its disk", done, max(done, total))


def _require_room(run_dir: RunDir) -> None:
    """For QEMU's copy, which lies beside the disk for a while. Raises NoRoom."""
    try:
        needed = run_dir.data_disk.stat().st_blocks * 512
    except FileNotFoundError:
        return  # the VM was removed just now, which is seen where it is read
    free = shutil.disk_usage(run_dir.path).free
    if free < needed + KEEP_FREE:
        raise NoRoom(
            f"its copy takes up to {needed >> 20} MiB for a while, and {KEEP_FREE >> 20} MiB are kept for "
            f"VMs that run, but only {free >> 20} MiB are free in {run_dir.path}; stop the VM, or make room"
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
