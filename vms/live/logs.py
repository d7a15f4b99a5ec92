"""Reading a VM's logs: the last lines, and what follows, through rotation and restarts."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import stat
import time
from collections.abc import AsyncGenerator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from vms.hypervisor.rundir import RunDir

MAX_LINES = 100_000
MAX_TAIL_BYTES = 32 << 20
"""However many lines are asked for, no more than this is read from the end."""
CHUNK = 64 << 10
POLL_S = 0.2
HEARTBEAT_S = 60.0
HEARTBEAT = b"\n"
MAX_ESCAPE = 1024
"""A sequence that is longer is none."""
# ECMA-48: control sequences; command strings (an operating system's may end with BEL); others.
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]"
    rb"|\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x1b]*\x1b\\"
    rb"|[ -/]+[0-~]"
    rb"|[0-OQ-WYZ\\`-~])"
)
_CUT_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)\Z")


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


def tail_offset(file: BinaryIO, lines: int) -> int:
    """Where the last ``lines`` lines of a log begin, in bytes."""
    size = os.fstat(file.fileno()).st_size
    if lines <= 0:
        return size
    position, newlines = size, 0
    floor = max(0, size - MAX_TAIL_BYTES)
    while position > floor:
        start = max(floor, position - CHUNK)
        block = os.pread(file.fileno(), position - start, start)
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) != -1:
            # The newline that ends the last line opens no further one.
            if start + at != size - 1:
                newlines += 1
            if newlines == lines:
                return start + at + 1
        position = start
    return floor


class Cleaner:
    """Valid UTF-8, with or without escape sequences, whatever the cuts between pieces."""

    def __init__(self, ansi: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ansi = ansi
        self._held = b""

    def clean(self, data: bytes) -> bytes:
        return self._decoder.decode(data if self._ansi else self._strip(data)).encode()

    def finish(self) -> bytes:
        """What is left when nothing follows: of a cut character its replacement, of a sequence nothing."""
        return self._decoder.decode(b"", final=True).encode()

    def _strip(self, data: bytes) -> bytes:
        data = self._held + data
        self._held = b""
        cut = _CUT_ESCAPE.search(data)
        # The rest may come with the next piece, unless it never ends.
        if cut is not None and len(data) - cut.start() < MAX_ESCAPE:
            data, self._held = data[: cut.start()], data[cut.start() :]
        return _ESCAPES.sub(b"", data).replace(b"\x1b", b"")


async def read_log(path: Path, *, lines: int, ansi: bool, follow: bool) -> AsyncGenerator[bytes, None]:
    """The last ``lines`` lines and, if asked to follow, everything that comes after.

    Without following it ends where the log ended when reading began. Following goes on
    through rotation (another file, or the same one emptied) until the VM's directory is
    gone; an idle minute brings an empty line, so that proxies keep the connection.
    """
    cleaner = Cleaner(ansi)
    log = _Log(path)
    try:
        end = await asyncio.to_thread(log.begin, min(lines, MAX_LINES))
        quiet_since = time.monotonic()
        while follow or log.position < end:
            if data := log.read(CHUNK if follow else min(CHUNK, end - log.position)):
                quiet_since = time.monotonic()
                if text := cleaner.clean(data):
                    yield text
                continue
            if not follow or log.is_over():
                break
            if time.monotonic() - quiet_since >= HEARTBEAT_S:
                quiet_since = time.monotonic()
                yield HEARTBEAT
            await asyncio.sleep(POLL_S)
        if rest := cleaner.finish():
            yield rest
    finally:
        log.close()


class _Log:
    """A log that may not exist yet, and may be rotated: what was in the old file is read first."""

    def __init__(self, path: Path) -> None:
        self.position = 0
        self._path = path
        self._file: BinaryIO | None = None
        self._had_directory = False

    def begin(self, lines: int) -> int:
        """Go to the last ``lines`` lines; returns where the log ends."""
        self._open()
        if self._file is None:
            return 0
        self.position = tail_offset(self._file, lines)
        return os.fstat(self._file.fileno()).st_size

    def read(self, most: int) -> bytes:
        """What follows, at most so many bytes; nothing where nothing does (yet)."""
        return self._read_on(most) or (self._read_on(most) if self._is_another() else b"")

    def is_over(self) -> bool:
        """Whether the VM's directory was there and is gone: nothing will ever follow."""
        exists = self._path.parent.is_dir()
        self._had_directory |= exists
        return self._had_directory and not exists

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read_on(self, most: int) -> bytes:
        if self._file is None:
            return b""
        if os.fstat(self._file.fileno()).st_size < self.position:
            self.position = 0
        data = os.pread(self._file.fileno(), most, self.position)
        self.position += len(data)
        return data

    def _is_another(self) -> bool:
        """Open the file that is at the log's place now, if it is not the one that is read."""
        try:
            found = self._path.lstat()
        except OSError:
            return False
        if self._file is not None and os.path.samestat(found, os.fstat(self._file.fileno())):
            return False
        self.close()
        self.position = 0
        self._open()
        return True

    def _open(self) -> None:
        """Open the log; what is no plain file (a link, a pipe) counts as none."""
        self._file = None
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._file = os.fdopen(descriptor, "rb")
            else:
                os.close(descriptor)
