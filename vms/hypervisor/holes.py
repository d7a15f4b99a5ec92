"""Holes in a file: bytes that are given back to the file system without moving the others."""

from __future__ import annotations

import ctypes
import os
import tempfile
from pathlib import Path

from .log_files import hole_at_front

KEEP_SIZE, PUNCH_HOLE, COLLAPSE_RANGE = 1, 2, 8
"""``FALLOC_FL_…`` of ``linux/falloc.h``."""
MIN_BLOCK = 4096
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
_precise: dict[int, bool] = {}


def fallocate(descriptor: int, mode: int, length: int) -> None:
    """Do that to the file's first ``length`` bytes. Raises OSError where the file system can't."""
    if _libc.fallocate(descriptor, mode, 0, length) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def are_precise(folder: Path) -> bool:
    """Can this file system make a hole, and then say exactly where it ends? Tried once."""
    device = os.stat(folder).st_dev
    if device not in _precise:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            block = max(MIN_BLOCK, os.fstat(file.fileno()).st_blksize)
            file.write(b"\n" * (2 * block))
            try:
                fallocate(file.fileno(), PUNCH_HOLE | KEEP_SIZE, block)
            except OSError:
                _precise[device] = False
            else:
                _precise[device] = hole_at_front(file.fileno()) == block
    return _precise[device]
