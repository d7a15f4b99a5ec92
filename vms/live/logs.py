"""Reading a VM's logs: the last lines, and what follows, through rotation and restarts."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import time
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path

from vms.hypervisor.rundir import RunDir

MAX_LINES = 100_000
MAX_TAIL_BYTES = 32 << 20
"""However many lines are asked for, no more than this is read from the end."""
CHUNK = 64 << 10
POLL_S = 0.2
HEARTBEAT_S = 60.0
HEARTBEAT = b"\n"
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])"
)


class LogChannel(StrEnum):
    """What a VM writes: its console, and QEMU's own two."""

    SERIAL = "serial"
    STDOUT = "stdout"
    STDERR = "stderr"


def log_path(run_path: Path, vm_id: str, channel: LogChannel) -> Path:
    """Where that log is. Raises ValueError for an id that is no VM's."""
    run_dir = RunDir.of(run_path, vm_id)
    return {
        LogChannel.SERIAL: run_dir.serial_log,
        LogChannel.STDOUT: run_dir.stdout_log,
        LogChannel.STDERR: run_dir.stderr_log,
    }[channel]


def tail_offset(path: Path, lines: int) -> int:
    """Where the last ``lines`` lines begin, in bytes; 0 for a missing file."""
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except FileNotFoundError:
        return 0
    if lines <= 0:
        return size
    with file:
        position, newlines = size, 0
        floor = max(0, size - MAX_TAIL_BYTES)
        while position > floor:
            start = max(floor, position - CHUNK)
            file.seek(start)
            block = file.read(position - start)
            at = len(block)
            while (at := block.rfind(b"\n", 0, at)) != -1:
                # The newline that ends the last line opens no further one.
                if start + at != size - 1:
                    newlines += 1
                if newlines == lines:
                    return start + at + 1
            position = start
        return floor


def strip_escapes(data: bytes) -> bytes:
    """Without terminal escape sequences."""
    return _ESCAPES.sub(b"", data)


class _Cleaner:
    """Valid UTF-8, with or without escape sequences, whatever the cuts between pieces."""

    def __init__(self, ansi: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ansi = ansi
        self._held = b""

    def clean(self, data: bytes) -> bytes:
        if not self._ansi:
            data = self._held + data
            escape = data.rfind(b"\x1b")
            # A sequence may be cut in two: hold it back, unless it never ends.
            if escape != -1 and len(data) - escape < 256 and not _ESCAPES.match(data, escape):
                data, self._held = data[:escape], data[escape:]
            else:
                self._held = b""
            data = strip_escapes(data)
        return self._decoder.decode(data).encode()


async def read_log(path: Path, *, lines: int, ansi: bool, follow: bool) -> AsyncIterator[bytes]:
    """The last ``lines`` lines and, if asked to follow, everything that comes after.

    A log that is rotated (another file, or shorter than before) is read on from its
    beginning. While following, an idle minute brings an empty line, so that proxies keep
    the connection.
    """
    cleaner = _Cleaner(ansi)
    position = await asyncio.to_thread(tail_offset, path, min(lines, MAX_LINES))
    inode = 0
    quiet_since = time.monotonic()
    while True:
        data, position, inode = _read_on(path, position, inode)
        if data:
            quiet_since = time.monotonic()
            if text := cleaner.clean(data):
                yield text
            continue
        if not follow:
            return
        if time.monotonic() - quiet_since >= HEARTBEAT_S:
            quiet_since = time.monotonic()
            yield HEARTBEAT
        await asyncio.sleep(POLL_S)


def _read_on(path: Path, position: int, inode: int) -> tuple[bytes, int, int]:
    """The next piece after ``position``, the position behind it, and the file's inode."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_size < position or inode not in (0, found.st_ino):
                position = 0
            file.seek(position)
            data = file.read(CHUNK)
            return data, position + len(data), found.st_ino
    except FileNotFoundError:
        return b"", 0, 0
