"""Rotating the logs of a VM while they are written: no byte twice, and none lost. See ``log_files``.

A process appends to a log and never opens it anew, so what is finished is copied into a segment and
then taken off the log's front, by a hole that reaches to the copy's end. That takes no byte which
comes meanwhile, and can be repeated: whether the hole was made is seen in the file. Where the file
system can close the hole up (ext4, XFS) the log becomes shorter, too; where it can't (btrfs, tmpfs)
only its blocks are freed. Where there are no holes the log is emptied as soon as all of it is copied,
and what comes between those two calls is lost.

Writers must have opened the log for appending.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from dataclasses import replace
from pathlib import Path

from vms import faults

from . import holes
from .durable import fsync_directory
from .log_files import LogFiles, Segment, hole_at_front, look, opened
from .rundir import RunDir
from .spec import LogLimits

CHUNK = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LEGACY = r"\.[1-9][0-9]{0,3}\Z"
"""How segments were called that knew no positions."""
# A launch and the rotation may come to the same VM at once; only one process does either.
_locks = tuple(threading.Lock() for _ in range(64))


def logs_of(run_dir: RunDir) -> tuple[Path, ...]:
    """Every log that is rotated."""
    return (run_dir.serial_log, run_dir.stdout_log, run_dir.stderr_log, run_dir.tpm_log)


def begin_boot(run_dir: RunDir, limits: LogLimits) -> int:
    """Move what is left of the last boot's logs aside, so that the next boot begins new ones; its number.

    Nothing may run. A call that was interrupted can be repeated.
    """
    with locked(run_dir):
        current = 0
        for log in logs_of(run_dir):
            current = max(current, _finish(log))
            _prune(log, limits.max_backups)
        faults.point("boot.finished")
        marker = run_dir.path / f"boot.{current + 1:06}"
        marker.touch(mode=0o600)
        fsync_directory(run_dir.path)
        return current + 1


def is_due(run_dir: RunDir, limits: LogLimits) -> bool:
    """Whether a log has grown too large; a few microseconds."""
    return limits.max_bytes > 0 and any(_taken(log) > limits.max_bytes for log in logs_of(run_dir))


def _taken(log: Path) -> int:
    try:
        status = os.lstat(log)
    except OSError:
        return 0
    # A hole that could not be closed up is still part of the size.
    return min(status.st_size, status.st_blocks * 512)


def rotate(run_dir: RunDir, limits: LogLimits) -> bool:
    """Cut the logs that have grown too large, and drop the oldest segments; whether any was cut.

    First of all it completes what a killed server had begun.

    Raises:
        OSError: there is no room, not even for a name, or the directory can't be written.
    """
    with locked(run_dir):
        if not run_dir.path.is_dir() or run_dir.removing_marker.exists():
            return False
        was_cut = False
        for log in logs_of(run_dir):
            was_cut |= _rotate(log, limits)
        _forget_boots(run_dir)
        return was_cut


def _rotate(log: Path, limits: LogLimits) -> bool:
    was_cut = False
    with opened(log, os.O_RDWR) as descriptor:
        _settle(log, descriptor)
        while descriptor is not None and (piece := _due(look(log, descriptor), descriptor, limits)):
            _make_room(log, limits)
            _cut(log, descriptor, *piece)
            was_cut = True
    _prune(log, limits.max_backups)
    return was_cut


def _due(found: LogFiles, descriptor: int, limits: LogLimits) -> tuple[int, bool] | None:
    """How many bytes are to be cut off the front, and whether they are kept; None where none are."""
    there = found.size - found.hole
    if not limits.max_bytes or there <= max(limits.max_bytes, holes.MIN_BLOCK):
        return None
    block = max(holes.MIN_BLOCK, os.fstat(descriptor).st_blksize)
    # A hole can't be closed up that reaches to the very end.
    most = (there - 1) // block * block
    behind = there - limits.max_bytes * (limits.max_backups + 1)
    keep = limits.max_backups > 0 and behind < block
    wanted = limits.max_bytes if keep else behind + limits.max_bytes // 2
    length = min(max(block, wanted // block * block), most)
    return (length, keep) if length > 0 else None


def _cut(log: Path, descriptor: int, length: int, keep: bool) -> None:
    """Take so many bytes off the log's front; those that can't be kept for want of room are dropped."""
    found = look(log, descriptor)
    segment = Segment(found.current, found.archived, length, found.hole)
    try:
        if keep:
            _copy(log, descriptor, segment)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        keep = False
    if not keep:
        segment = replace(segment, start=segment.end, size=0)
        _copy(log, descriptor, segment)
    _take_off(log, descriptor, segment)


def _copy(log: Path, descriptor: int, segment: Segment) -> None:
    """Make the segment, whole or not at all."""
    target = segment.beside(log)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(part, flags, 0o600), "wb", buffering=0) as file:
            _copy_bytes(descriptor, segment.taken_from or 0, file.fileno(), segment.size)
            os.fsync(file.fileno())
        faults.point("rotation.copied")
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    fsync_directory(log.parent)
    faults.point("rotation.named")


def _copy_bytes(source: int, offset: int, target: int, most: int) -> int:
    """Returns how many there were."""
    copied = 0
    while copied < most and (data := os.pread(source, min(CHUNK, most - copied), offset + copied)):
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(target, rest) :]
        copied += len(data)
    return copied


def _take_off(log: Path, descriptor: int, segment: Segment) -> None:
    """Let the log's front go, which is in the segment; then that gets its name."""
    # From the very front: what was taken off before is a hole already.
    length = segment.end - look(log, descriptor).base
    if length >= os.fstat(descriptor).st_size:
        os.ftruncate(descriptor, 0)  # of a boot that is over all is in the segment
    elif holes.are_precise(log.parent):
        holes.fallocate(descriptor, holes.PUNCH_HOLE | holes.KEEP_SIZE, length)
    else:
        _empty(log, descriptor, segment, length)
    faults.point("rotation.taken_off")
    _settled(log, segment)
    faults.point("rotation.settled")
    _close_up(descriptor)


def _empty(log: Path, descriptor: int, segment: Segment, copied: int) -> None:
    """Where there are no holes: copy what follows, too, until nothing does, and empty the log."""
    with open(segment.beside(log), "ab", buffering=0) as file:
        while more := _copy_bytes(descriptor, copied, file.fileno(), CHUNK):
            copied += more
        os.ftruncate(descriptor, 0)
        os.fsync(file.fileno())


def _settled(log: Path, segment: Segment) -> None:
    segment.beside(log).replace(replace(segment, taken_from=None).beside(log))
    fsync_directory(log.parent)


def _settle(log: Path, descriptor: int | None) -> None:
    """Complete what was begun when the server was killed."""
    for part in log.parent.glob(f"{log.name}.*.part"):
        part.unlink(missing_ok=True)
    found = look(log, descriptor)
    taken = found.being_taken
    if taken is not None and descriptor is not None and found.hole <= (taken.taken_from or 0):
        _take_off(log, descriptor, taken)
    elif taken is not None:
        _settled(log, taken)
    if descriptor is not None:
        _close_up(descriptor)


def _close_up(descriptor: int) -> None:
    hole = hole_at_front(descriptor)
    if 0 < hole < os.fstat(descriptor).st_size:
        try:
            holes.fallocate(descriptor, holes.COLLAPSE_RANGE, hole)
        except OSError:
            pass  # not every file system can; the hole costs nothing


def _finish(log: Path) -> int:
    """Make the whole rest of a log, that nobody writes any more, a segment; the boot that it was of."""
    with opened(log, os.O_RDWR) as descriptor:
        _settle(log, descriptor)
        found = look(log, descriptor)
        if descriptor is None:
            log.unlink(missing_ok=True)  # it is no plain file, and QEMU would follow a link
            return found.current
        segment = Segment(found.current, found.archived, found.size - found.hole, found.hole)
        if not segment.size:
            log.unlink()
        elif not found.hole:
            log.replace(replace(segment, taken_from=None).beside(log))
        else:
            _copy(log, descriptor, segment)
            log.unlink()
            _settled(log, segment)
        return found.current


def _make_room(log: Path, limits: LogLimits) -> None:
    """Before a segment more is made, one less is kept: what is kept never takes more than it may."""
    _prune(log, max(0, limits.max_backups - 1))


def _prune(log: Path, keep: int) -> None:
    """Drop the oldest segments, never the word of how far the current boot's log has come."""
    legacy = re.compile(re.escape(log.name) + _LEGACY)
    found = look(log, None)
    segments = [segment for segment in found.segments if segment.taken_from is None]
    full = [segment for segment in segments if segment.size]
    dropped = set(full[: len(full) - keep] if len(full) > keep else ())
    of_current = [segment for segment in segments if segment.boot == found.current]
    last = of_current[-1] if of_current else None
    if last in dropped:
        mark = Segment(found.current, last.end, 0)
        mark.beside(log).touch(mode=0o600)
        fsync_directory(log.parent)
        last = mark
    dropped |= {segment for segment in segments if not segment.size and segment != last}
    for segment in sorted(dropped):
        segment.beside(log).unlink(missing_ok=True)
        faults.point("rotation.dropped")
    old = sorted(path for path in log.parent.iterdir() if legacy.match(path.name))
    for path in old[max(0, keep - len(full)) :]:
        path.unlink(missing_ok=True)


def _forget_boots(run_dir: RunDir) -> None:
    """Of a boot of which nothing is kept, nothing is said any more; the last one stays, for its number."""
    found = [look(log, None) for log in logs_of(run_dir)]
    kept = {segment.boot for files in found for segment in files.segments}
    numbers = [number for number, _ in found[0].began]
    for number in numbers:
        if number not in kept and number != max(numbers):
            (run_dir.path / f"boot.{number:06}").unlink(missing_ok=True)


def locked(run_dir: RunDir) -> threading.Lock:
    """Held while anything is done to the VM's logs."""
    return _locks[hash(run_dir.path) % len(_locks)]
