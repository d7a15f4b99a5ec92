"""One server for one data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK_FILE = "server.lock"


class DataDirInUse(Exception):
    """Another server works with this folder; ``pid`` says which, empty where it didn't say."""

    def __init__(self, data_dir: Path, pid: str) -> None:
        holder = f"pid {pid}" if pid else "another process"
        super().__init__(f"{data_dir} is in use by a server that runs already ({holder})")
        self.pid = pid


class DataDirLock:
    """Held from ``take()`` until the process ends, however it ends.

    The kernel keeps the lock with the open file, so no stale file has to be cleared
    away; children don't inherit it (Python's files are closed on exec).
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._file: int | None = None

    def take(self) -> None:
        """Raises DataDirInUse, or OSError where the folder can't be made or written."""
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            raise DataDirInUse(self._data_dir, pid) from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_taken(data_dir: Path) -> bool:
    """Whether a server works with that folder now, as far as this user may know. Changes nothing."""
    try:
        file = os.open(data_dir / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        # Shared, so that two who ask don't hinder each other; let go with the file.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
