"""Writing the one file: a tar archive in zstd, with the sums of all that is in it."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from vms.backup.contents import MAX_FILES, SUMS
from vms.backup.errors import BackupFailed

LEVEL = 3
CHUNK = 1 << 20


class ArchiveWriter:
    """Adds file after file; ``close`` adds their sums. ``tell`` is told of bytes as they are read."""

    def __init__(self, target: BinaryIO, tell: Callable[[int], None]) -> None:
        threads = min(4, os.cpu_count() or 1)
        self._zstd: Any = zstandard.ZstdCompressor(
            level=LEVEL, threads=threads, write_checksum=True
        ).stream_writer(target, closefd=False)
        self._tar: Any = tarfile.open(  # noqa: SIM115 (closed by close)
            fileobj=self._zstd, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK
        )
        self._sums: list[str] = []
        self._tell = tell

    def add_bytes(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data), mode=0o600, mtime=0)

    def add_file(self, name: str, path: Path, most: int | None = None) -> bool:
        """Add a file as it is now; False where it is gone, no plain file, or larger than ``most``."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or (most is not None and found.st_size > most):
                return False
            self._add(name, file, found.st_size, mode=stat.S_IMODE(found.st_mode), mtime=int(found.st_mtime))
        return True

    def close(self) -> None:
        """The sums, and the end."""
        sums = "".join(self._sums).encode()
        self._add(SUMS, io.BytesIO(sums), len(sums), mode=0o600, mtime=0)
        self._tar.close()
        self._zstd.close()

    def _add(self, name: str, file: BinaryIO, size: int, *, mode: int, mtime: int) -> None:
        if len(self._sums) >= MAX_FILES:
            raise BackupFailed(f"more than {MAX_FILES} files are not backed up")
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, mode & 0o777, mtime
        source = _Hashed(name, file, size, self._tell)
        self._tar.addfile(member, source)
        self._sums.append(f"{source.sum}  {name}\n")


class _Hashed:
    """So many bytes of a file, also where it becomes shorter meanwhile; their sum is known at the end."""

    def __init__(self, name: str, file: BinaryIO, size: int, tell: Callable[[int], None]) -> None:
        self._name, self._file, self._left, self._tell = name, file, size, tell
        self._sha = hashlib.sha256()

    def read(self, size: int) -> bytes:
        size = min(size, self._left)
        try:
            data = self._file.read(size)
        except OSError as error:
            raise BackupFailed(f"{self._name} can't be read: {error.strerror or error}") from error
        data += bytes(size - len(data))
        self._left -= size
        self._sha.update(data)
        self._tell(size)
        return data

    @property
    def sum(self) -> str:
        return self._sha.hexdigest()


@contextmanager
def written_beside(target: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name, for its owner alone, once it is whole and on the disk.

    Raises BackupFailed where there is such a file already.
    """
    if os.path.lexists(target):
        raise BackupFailed(f"{target} is there already; name another file")
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        unfinished.unlink(missing_ok=True)
