"""Reading a VM's logs: by boot and position, the last lines, and what follows, whatever is rotated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vms.hypervisor.log_files import Boot, look_at, read
from vms.hypervisor.rundir import RunDir
from vms.live.log_text import Cleaner

MAX_LINES = 100_000
MAX_TAIL_BYTES = 32 << 20
"""However many lines are asked for, no more than this is read from the end."""
CHUNK = 64 << 10
POLL_S = 0.2
HEARTBEAT_S = 60.0
HEARTBEAT = b"\n"


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


def boots_of(log: Path) -> list[Boot]:
    """The boots of which something is kept, and the current one, which is the last."""
    return look_at(log).boots()


@dataclass(frozen=True)
class Piece:
    """Bytes of a boot. ``is_next`` says that they follow what was read before, with nothing between."""

    begin: int
    data: bytes
    is_next: bool


class Follower:
    """Goes through a log from some place on, to its end and on as it grows."""

    def __init__(self, log: Path, boot: int, position: int) -> None:
        self.boot = boot
        self.position = position
        self._log = log
        self._had_directory = False

    def next(self, most: int) -> Piece | None:
        """What follows in this boot, at most so many bytes; None where nothing does (yet)."""
        begin, data = read(self._log, self.boot, self.position, most)
        if not data and not self._was_emptied():
            return None
        if not data:
            begin, data = read(self._log, self.boot, self.position, most)
        piece = Piece(begin, data, begin == self.position)
        self.position = begin + len(data)
        return piece

    def advance(self) -> bool:
        """Go to the boot after this one, once all of this one was read; whether there is one."""
        found = look_at(self._log)
        if found.current == self.boot or read(self._log, self.boot, self.position, 1)[1]:
            return False
        later = next((boot for boot in found.boots() if boot.number > self.boot), None)
        if later is None:
            return False
        self.boot, self.position = later.number, later.start
        return True

    def is_over(self) -> bool:
        """Whether the VM's directory was there and is gone: nothing will ever follow."""
        exists = self._log.parent.is_dir()
        self._had_directory |= exists
        return self._had_directory and not exists

    def _was_emptied(self) -> bool:
        """Whether somebody emptied the log by hand: then it is read from its new beginning."""
        boot = look_at(self._log).boot(self.boot)
        if boot.end >= self.position:
            return False
        self.position = boot.start
        return True


def read_before(log: Path, boot: int, before: int, most: int) -> tuple[int, bytes]:
    """At most so many bytes that end at ``before``, without a gap; the position of the first, and they."""
    first = position = max(0, before - most)
    parts: list[bytes] = []
    while position < before:
        begin, data = read(log, boot, position, min(before - position, 1 << 20))
        if not data or begin >= before:
            break
        if begin != position:
            # What lies before is not kept.
            first, parts = begin, []
        parts.append(data[: before - begin])
        position = begin + len(parts[-1])
    return (first, b"".join(parts)) if position == before else (before, b"")


def lines_before(log: Path, boot: Boot, before: int, most: int) -> tuple[int, bytes]:
    """The same from a line's beginning on, where one begins in there."""
    begin, data = read_before(log, boot.number, before, most)
    if begin > boot.start:
        end_of_first = data.find(b"\n") + 1
        if 0 < end_of_first < len(data):
            return begin + end_of_first, data[end_of_first:]
    return begin, data


def last_lines(log: Path, boot: Boot, lines: int) -> int:
    """The position where the last ``lines`` lines of a boot begin."""
    if lines <= 0:
        return boot.end
    position, newlines = boot.end, 0
    floor = max(boot.start, boot.end - MAX_TAIL_BYTES)
    while position > floor:
        start, block = read_before(log, boot.number, position, min(CHUNK, position - floor))
        if not block:
            break
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) != -1:
            # The newline that ends the last line opens no further one.
            if start + at != boot.end - 1:
                newlines += 1
            if newlines == lines:
                return start + at + 1
        position = start
    return position


async def read_log(
    log: Path, boot: Boot, *, lines: int, ansi: bool, follow: bool
) -> AsyncGenerator[bytes, None]:
    """The last ``lines`` lines of a boot and, if asked to follow, everything that comes after.

    Without following it ends where the boot's log ended when ``boot`` was looked at. Following goes on
    through rotation and restarts until the VM's directory is gone, an older boot to that boot's end; an
    idle minute brings an empty line, so that proxies keep the connection.
    """
    cleaner = Cleaner(ansi)
    follow = follow and boot.is_current
    begin = await asyncio.to_thread(last_lines, log, boot, min(lines, MAX_LINES))
    follower = Follower(log, boot.number, begin)
    quiet_since = time.monotonic()
    while follow or follower.position < boot.end:
        piece = follower.next(CHUNK if follow else min(CHUNK, boot.end - follower.position))
        if piece is not None:
            quiet_since = time.monotonic()
            if text := cleaner.clean(piece.data):
                yield text
            continue
        if not follow or follower.is_over():
            break
        if follower.advance():
            continue
        if time.monotonic() - quiet_since >= HEARTBEAT_S:
            quiet_since = time.monotonic()
            yield HEARTBEAT
        await asyncio.sleep(POLL_S)
    if rest := cleaner.finish():
        yield rest
