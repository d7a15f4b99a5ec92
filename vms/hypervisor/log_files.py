"""Where a byte of a VM's log is, by boot and position, also while the log is being rotated.

A log (``serial.log``) is appended to by a process that never opens it anew. What is finished of it
lies beside it, and the names say all that there is to know:

- ``boot.000007``, empty: the seventh launch; its time of change is when that began;
- ``serial.log.000007.000004194304``: a segment, the bytes of that boot from that position on. An
  empty one says how far the log had come when something before it was dropped;
- the same and ``.at-0``: a whole segment that is being taken off the front of the log, where it
  began at that offset;
- the same and ``.part``: being written, and read by nobody.

Bytes are taken off by a hole, which the file system may then close up. How far the hole reaches and
where the last segment ends tell together which position the log's first byte has. ``log_rotation``
writes all this.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ATTEMPTS = 5
"""So often a look is repeated that met a rotation."""
_BOOT = re.compile(r"boot\.([0-9]{6,12})\Z")
_SEGMENT = r"\.([0-9]{6,12})\.([0-9]{12,16})(?:\.at-([0-9]{1,16}))?\Z"


@dataclass(frozen=True, order=True)
class Segment:
    """Bytes of one boot from ``start`` on; ``taken_from`` is set until they are off the log's front."""

    boot: int
    start: int
    size: int
    taken_from: int | None = None

    @property
    def end(self) -> int:
        return self.start + self.size

    def beside(self, log: Path) -> Path:
        """Where it is."""
        being_taken = "" if self.taken_from is None else f".at-{self.taken_from}"
        return log.with_name(f"{log.name}.{self.boot:06}.{self.start:012}{being_taken}")


@dataclass(frozen=True)
class Boot:
    """What is kept of one boot's log. ``began_at_ms`` is milliseconds since 1970, None where unknown."""

    number: int
    began_at_ms: int | None
    start: int
    end: int
    is_current: bool


@dataclass(frozen=True)
class LogFiles:
    """One log at one moment; equal to another if no rotation came between the two.

    ``hole`` is how many bytes at the log's beginning are none any more.
    """

    current: int
    began: tuple[tuple[int, int], ...]
    segments: tuple[Segment, ...]
    inode: int | None
    hole: int
    size: int = field(compare=False)

    @property
    def base(self) -> int:
        """The position of the log's first byte, in the current boot."""
        finished = max((s.end for s in self._of(self.current) if s.taken_from is None), default=0)
        taken = self.being_taken
        if taken is None or taken.taken_from is None or self.hole <= taken.taken_from:
            return finished - self.hole
        return taken.end - self.hole

    @property
    def being_taken(self) -> Segment | None:
        """The segment that is, or was when the server was killed, being taken off the log's front."""
        return next((s for s in reversed(self._of(self.current)) if s.taken_from is not None), None)

    @property
    def archived(self) -> int:
        """The position that the current boot's segments reach to."""
        return max((segment.end for segment in self._of(self.current)), default=0)

    def boot(self, number: int) -> Boot:
        """That boot; nothing is kept of it if its ``start`` is its ``end``."""
        is_current = number == self.current
        kept = [segment for segment in self._of(number) if segment.size]
        end = max((segment.end for segment in self._of(number)), default=0)
        start = min((segment.start for segment in kept), default=end)
        if is_current:
            end = max(end, self.base + self.size)
        return Boot(number, dict(self.began).get(number), min(start, end), end, is_current)

    def boots(self) -> list[Boot]:
        """Those of which something is kept, and the current one, oldest first."""
        numbers = {segment.boot for segment in self.segments if segment.size} | {self.current}
        return [self.boot(number) for number in sorted(numbers)]

    def holding(self, boot: int, position: int) -> Segment | None:
        """The segment with the byte at ``position``, else the first one after it."""
        return next((segment for segment in self._of(boot) if segment.size and segment.end > position), None)

    def _of(self, boot: int) -> list[Segment]:
        return [segment for segment in self.segments if segment.boot == boot]


def look(log: Path, descriptor: int | None) -> LogFiles:
    """What is there of a log that is open as ``descriptor``, if there is one."""
    pattern = re.compile(re.escape(log.name) + _SEGMENT)
    began, segments = [], []
    for entry in _entries(log.parent):
        if found := pattern.match(entry.name):
            boot, start, at = found.groups()
            size = _size(entry)
            if size is not None:
                segments.append(Segment(int(boot), int(start), size, None if at is None else int(at)))
        elif found := _BOOT.match(entry.name):
            began.append((int(found[1]), _changed_at_ms(entry)))
    current = max([number for number, _ in began] + [segment.boot for segment in segments], default=0)
    inode, size = None, 0
    if descriptor is not None:
        status = os.fstat(descriptor)
        inode, size = status.st_ino, status.st_size
    hole = 0 if descriptor is None else hole_at_front(descriptor)
    ordered = sorted(segments, key=lambda segment: (segment.boot, segment.start, segment.size))
    return LogFiles(current, tuple(sorted(began)), tuple(ordered), inode, hole, size)


def look_at(log: Path) -> LogFiles:
    """What is there of a log, as it is between two steps of its rotation."""
    with opened(log) as descriptor:
        found = look(log, descriptor)
        for _ in range(ATTEMPTS):
            again = look(log, descriptor)
            if again == found:
                break
            found = again
    return found


def read(log: Path, boot: int, position: int, most: int) -> tuple[int, bytes]:
    """What that boot wrote from ``position`` on, at most so many bytes, none where none is (yet).

    Returns:
        Where the bytes begin, which is later where earlier ones are not kept, and the bytes.
    """
    for _ in range(ATTEMPTS):
        with opened(log) as descriptor:
            found = look(log, descriptor)
            segment = found.holding(boot, position)
            if segment is not None:
                begin = max(position, segment.start)
                data = _of_segment(segment.beside(log), begin - segment.start, most)
                if data:
                    return begin, data
                continue  # it was dropped, or got its last name, in between
            if boot != found.current or descriptor is None:
                return position, b""
            begin = max(position, found.archived)
            data = os.pread(descriptor, most, begin - found.base) if begin >= found.base else b""
            if look(log, descriptor) == found:
                return begin, data
    return position, b""


def hole_at_front(descriptor: int) -> int:
    """Where the file's first byte is that was not taken off."""
    try:
        return os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError:
        return os.fstat(descriptor).st_size


@contextmanager
def opened(log: Path, flags: int = os.O_RDONLY) -> Iterator[int | None]:
    """The log's descriptor; None where no plain file is (a link, a pipe and a second name are none)."""
    try:
        descriptor = os.open(log, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        status = os.fstat(descriptor)
        yield descriptor if stat.S_ISREG(status.st_mode) and status.st_nlink <= 1 else None
    finally:
        os.close(descriptor)


def _of_segment(path: Path, offset: int, most: int) -> bytes:
    with opened(path) as descriptor:
        return b"" if descriptor is None else os.pread(descriptor, most, offset)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _size(entry: os.DirEntry[str]) -> int | None:
    """A plain file's size in bytes; None for all else, and for what is gone by now."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _changed_at_ms(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns // 1_000_000
    except OSError:
        return 0
