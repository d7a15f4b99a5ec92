"""Putting a backup back, where there is nothing yet.

The file may have been damaged, or made by somebody else: its names are held to those of a backup,
and folders are new ones of our own, so that nothing leads out of them. All of it is written
beside its place and compared with its sums first. Then it is moved, the database last.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vms.backup.contents import (
    ABOUT,
    DATA_DISK,
    DATABASE,
    MAX_ABOUT_BYTES,
    MAX_FILES,
    SECRET_KEY,
    SUMS,
    About,
    parts_of,
)
from vms.backup.database import check_file
from vms.backup.errors import BackupFailed
from vms.backup.make import Places
from vms.images.errors import BadArchive
from vms.images.tar import TarStream, decompressed

STAGE = ".restoring"
"""A folder beside the places; what an attempt left there that was killed is nobody's."""
CHUNK = 64 << 10
NOTHING = bytes(CHUNK)
KEEP_FREE = 256 << 20
LOOK_AT_SPACE_EVERY = 64 << 20
UNIMPORTANT = {SECRET_KEY, "node-id", "server.lock", STAGE}
"""What is in a data folder as soon as a command has run with it."""


@dataclass(frozen=True)
class PutBack:
    """``without_disk`` are ids of VMs that begin with an empty disk; ``missing_images`` are to be pulled."""

    about: About
    without_disk: tuple[str, ...]
    missing_images: tuple[str, ...]


def put_back(source: Path, places: Places, tell: Callable[[int, int], None]) -> PutBack:
    """Restore ``source`` into empty places. ``tell`` is told how much of the file was read.

    Raises:
        BackupFailed: it is no whole backup, or something is there already; nothing was put anywhere then.
    """
    try:
        with source.open("rb") as file:
            _require_empty(places)
            stages = _stages(places)
            try:
                about, names = _Reading(file, stages, source.stat().st_size, tell).read()
                check_file(stages["database"] / DATABASE)
                _move(stages, places)
            finally:
                for stage in stages.values():
                    shutil.rmtree(stage.parent, ignore_errors=True)
    except BadArchive as error:
        raise BackupFailed(f"{source} is damaged: {error}") from error
    except OSError as error:
        raise BackupFailed(f"{error.filename or source}: {error.strerror or error}") from error
    return PutBack(
        about,
        without_disk=tuple(vm_id for vm_id in about.vms if f"vm/{vm_id}/{DATA_DISK}" not in names),
        missing_images=tuple(name for name in about.images if not (places.image_path / name).is_dir()),
    )


def _require_empty(places: Places) -> None:
    inside = {places.run_path, places.image_path}
    for path in _there(places.data_dir):
        is_place = path in inside or any(path in place.parents for place in inside)
        if path.name not in UNIMPORTANT and not is_place:
            raise BackupFailed(_not_empty(places.data_dir, path))
    for path in _there(places.run_path):
        if path.name != STAGE:
            raise BackupFailed(_not_empty(places.run_path, path))


def _not_empty(folder: Path, found: Path) -> str:
    return f"{folder} is not empty ({found.name}): a backup is put back only where nothing can be lost by it"


def _there(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir()) if folder.is_dir() else ())


def _stages(places: Places) -> dict[str, Path]:
    """A new folder for each part, in the file system where it belongs."""
    folders = {"database": places.data_dir, "vm": places.run_path, "image": places.image_path}
    for folder in dict.fromkeys(folders.values()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(folder / STAGE, ignore_errors=True)
        (folder / STAGE).mkdir(mode=0o700)
    stages = {part: folder / STAGE / part for part, folder in folders.items()}
    for stage in stages.values():
        stage.mkdir(mode=0o700)
    return stages


def _move(stages: dict[str, Path], places: Places) -> None:
    """Each by one rename. The database comes last: without it, there are no VMs."""
    for path in _there(stages["image"]):
        if not os.path.lexists(places.image_path / path.name):
            for folder, _, _ in os.walk(path):
                os.chmod(folder, 0o755)  # QEMU may run as another user
            path.rename(places.image_path / path.name)
    for path in _there(stages["vm"]):
        path.rename(places.run_path / path.name)
    os.sync()
    for name in (SECRET_KEY, DATABASE):
        if (stages["database"] / name).exists():
            (stages["database"] / name).replace(places.data_dir / name)
    os.sync()


class _Reading:
    """Reads all of an archive into the stages."""

    def __init__(
        self, file: BinaryIO, stages: dict[str, Path], size: int, tell: Callable[[int, int], None]
    ) -> None:
        self._file, self._stages, self._size, self._tell = file, stages, size, tell
        self._sums: dict[str, str] = {}
        self._written = 0

    def read(self) -> tuple[About, set[str]]:
        """What it is a backup of, and the names of its files. Raises BackupFailed, BadArchive."""
        about: About | None = None
        with decompressed(self._file) as source:
            stream = TarStream(source)
            for member in stream:
                self._tell(self._file.tell(), self._size)
                parts = parts_of(member.name)
                if about is None:
                    if member.name != ABOUT:
                        raise BackupFailed(f"this is no backup: it does not begin with {ABOUT}")
                    about = About.decoded(self._text(member, stream))
                elif member.name == SUMS:
                    self._compare(self._text(member, stream))
                    if next(iter(stream), None) is not None:
                        raise BackupFailed(f"something follows its {SUMS}")
                    return about, set(self._sums)
                else:
                    self._put(parts, member, stream)
        raise BackupFailed("its end is missing")

    def _put(self, parts: tuple[str, ...], member: tarfile.TarInfo, stream: TarStream) -> None:
        if not member.isreg():
            raise BackupFailed(f"{member.name!r} is no plain file: no backup has such a thing")
        if member.name in self._sums or len(self._sums) >= MAX_FILES:
            raise BackupFailed(f"{member.name!r} is there twice, or there are too many files")
        path = self._stages[parts[0]].joinpath(*parts[1:])
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        sha = hashlib.sha256()
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            while data := stream.read(CHUNK):
                sha.update(data)
                if data == NOTHING[: len(data)]:
                    file.seek(len(data), os.SEEK_CUR)  # a hole, as it may have been
                else:
                    file.write(data)
                    self._took(len(data))
                self._tell(self._file.tell(), self._size)
            file.truncate(member.size)
            os.fchmod(file.fileno(), member.mode & 0o777)
        os.utime(path, (member.mtime, member.mtime))
        self._sums[member.name] = sha.hexdigest()

    def _took(self, size: int) -> None:
        before = self._written // LOOK_AT_SPACE_EVERY
        self._written += size
        if self._written // LOOK_AT_SPACE_EVERY != before or self._written == size:
            folder = self._stages["vm"]
            if shutil.disk_usage(folder).free < KEEP_FREE:
                raise BackupFailed(f"too little room: less than {KEEP_FREE >> 20} MiB are free in {folder}")

    def _text(self, member: tarfile.TarInfo, stream: TarStream) -> bytes:
        if not member.isreg() or member.size > MAX_ABOUT_BYTES:
            raise BackupFailed(f"its {member.name} is too large")
        pieces = []
        while more := stream.read(CHUNK):
            pieces.append(more)
        data = b"".join(pieces)
        if member.name == ABOUT:
            self._sums[ABOUT] = hashlib.sha256(data).hexdigest()
        return data

    def _compare(self, sums: bytes) -> None:
        lines = (line.partition("  ") for line in sums.decode("utf-8", "replace").splitlines())
        told = {name: digest for digest, _, name in lines}
        for name in sorted({*told, *self._sums}):
            if told.get(name) != self._sums.get(name):
                raise BackupFailed(f"{name!r} is not as it was when the backup was made")
