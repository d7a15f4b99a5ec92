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

from .rundir import RunDir

FREE_POLL_S = 0.005
COLLISION_TRIES = 5
COLLISION_PAUSE_S = 0.001


class LockHeld(Exception):
    """A process lives in the VM's directory."""


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
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> None:
    # Somebody who merely asks (is_held) has it for microseconds: that must not refuse a launch.
    for _ in range(COLLISION_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(COLLISION_PAUSE_S)
        else:
            return
    raise LockHeld


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
