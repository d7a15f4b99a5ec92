"""The lock that makes a second launch of the same VM impossible.

It is a ``flock`` on a file in the VM's directory. The descriptor is inherited by
the shim and by QEMU, so the lock lives exactly as long as either of them, whatever
becomes of the server: free means that nothing runs there *and* that the shim has
said all it will ever say.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .durable import read_regular_file
from .rundir import RunDir

FREE_POLL_S = 0.005
COLLISION_TRIES = 5
COLLISION_PAUSE_S = 0.001


REASON_LIMIT = 200


class LockHeld(Exception):
    """A process lives in the VM's directory; or nothing does, but it is reserved, and this says for what."""


@contextmanager
def held(run_dir: RunDir) -> Iterator[int]:
    """Hold the lock; yields the descriptor to be inherited, and closes our own copy in the end.

    The lock is free again after that, unless a child inherited the descriptor.

    Raises:
        LockHeld: somebody holds it.
    """
    descriptor = os.open(run_dir.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor)
        os.ftruncate(descriptor, 0)  # what a holder that was killed reserved it for
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def reserved(run_dir: RunDir, reason: str) -> Iterator[None]:
    """Let nothing be launched in the VM's directory meanwhile; who tries is told the reason.

    Raises:
        LockHeld: something lives there, or somebody else has reserved it.
    """
    with held(run_dir) as descriptor:
        os.write(descriptor, reason.encode()[:REASON_LIMIT])
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)


def is_inhabited(run_dir: RunDir) -> bool:
    """Does a process of the VM's live there? Not who merely reserved it."""
    return is_held(run_dir) and not _reason(run_dir)


def _reason(run_dir: RunDir) -> str:
    return (read_regular_file(run_dir.lock, REASON_LIMIT) or b"").decode(errors="replace")


def _acquire(descriptor: int) -> None:
    # Somebody who merely asks (is_held) has it for microseconds: that must not refuse a launch.
    for _ in range(COLLISION_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(COLLISION_PAUSE_S)
        else:
            return
    raise LockHeld(os.pread(descriptor, REASON_LIMIT, 0).decode(errors="replace"))


def is_held(run_dir: RunDir) -> bool:
    """Does a process hold the lock? Asked with a shared lock, so that two who ask don't meet."""
    try:
        descriptor = os.open(run_dir.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


async def wait_until_free(run_dir: RunDir, timeout_s: float) -> bool:
    """Wait for the lock to be free; False if it still is not after ``timeout_s``."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while is_held(run_dir):
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(FREE_POLL_S)
    return True
