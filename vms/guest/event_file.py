"""What a plain VM's guest said on its event port: JSON lines in a file that QEMU appends to.

Everything in it is hostile. Each read is bounded, a line that is no event is left out, and
nothing a guest writes can make the reader wait.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

MAX_READ = 256 << 10
MAX_LINE = 16 << 10
MAX_FILE = 4 << 20
"""A file larger than this is emptied once it has been read."""
MAX_BEHIND = 1 << 20
"""Of a guest that is ahead by more than this only the newest is read."""
MAX_SIZE = 16 << 20
"""A file larger than this is emptied, read or not: its guest never pauses."""


@dataclass(frozen=True)
class Said:
    """One event as a guest wrote it."""

    event: str
    payload: str


@dataclass(frozen=True)
class Piece:
    """What was read; ``offset`` is where the next read begins, ``lost`` what was left out, in bytes."""

    events: list[Said]
    offset: int
    lost: int = 0


def read_events(path: Path, offset: int, most: int | None = None) -> Piece:
    """The complete lines after ``offset``: at most 256 KiB of them, and ``most`` events.

    A file shorter than ``offset`` was begun anew, and is read from its start. A line
    longer than 16 KiB is dropped. What is no plain file says nothing. Of a guest that is
    more than 1 MiB ahead, the last 256 KiB are read whole: what it said before is ``lost``.
    """
    file = _open(path, os.O_RDONLY)
    if file is None:
        return Piece([], offset if os.path.lexists(path) else 0)
    with file:
        size = os.fstat(file.fileno()).st_size
        if size < offset:
            offset = 0
        begin = offset
        if size - offset > MAX_BEHIND:
            begin, most = size - MAX_READ, None
        file.seek(begin)
        data = file.read(MAX_READ)
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) > MAX_LINE:
        return Piece([], begin + len(data), begin - offset)
    events, used = _parse_lines(data[:end], most)
    return Piece(events, begin + used, begin - offset)


def _parse_lines(data: bytes, most: int | None) -> tuple[list[Said], int]:
    """The events in whole lines, the first ``most`` of them, and how many bytes they take."""
    events: list[Said] = []
    used = 0
    for line in data.splitlines(keepends=True):
        if len(events) == most:
            break
        used += len(line)
        if (event := _parse(line.rstrip(b"\r\n"))) is not None:
            events.append(event)
    return events, used


def empty_if_large(path: Path, offset: int) -> int:
    """Empty a file that grew too large, once it is read (or far too large); where to go on from."""
    file = _open(path, os.O_RDWR)
    if file is None:
        return offset if os.path.lexists(path) else 0
    with file:
        size = os.fstat(file.fileno()).st_size
        if (offset >= MAX_FILE and size == offset) or size > MAX_SIZE:
            os.ftruncate(file.fileno(), 0)
            return 0
    return offset


def size_of(path: Path) -> int | None:
    """The event file's size in bytes; None where no plain file is."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _open(path: Path, flags: int) -> BinaryIO | None:
    """Open a plain file, never following a link and never waiting for a pipe; None for all else."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "r+b")
    os.close(descriptor)
    return None


def _parse(line: bytes) -> Said | None:
    if not line or len(line) > MAX_LINE:
        return None
    try:
        said = orjson.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    event, payload = said.get("event"), said.get("payload", "")
    if not isinstance(event, str) or not event or not isinstance(payload, str):
        return None
    return Said(event, payload)
