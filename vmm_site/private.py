"""What the server writes is nobody else's: its files, its folder, its sockets.

Only images are for others to read, for QEMU may run as another user: they say so themselves.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

UMASK = 0o077
PASS_THROUGH = 0o711
"""What others may keep of a folder: to go through it to what is theirs, if the operator allowed that."""
DATABASE_FILES = ("vmm.sqlite3", "vmm.sqlite3-wal", "vmm.sqlite3-shm", "secret-key")


def keep_private(data_dir: Path) -> None:
    """Make this process's files its own, and take from others what an older version or a copy left open.

    What belongs to somebody else is left as it is.
    """
    os.umask(UMASK)
    _narrow(data_dir, PASS_THROUGH)
    for name in DATABASE_FILES:
        _narrow(data_dir / name, 0o600)


def _narrow(path: Path, most: int) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode & 0o777
        if mode & ~most:
            path.chmod(mode & most)
