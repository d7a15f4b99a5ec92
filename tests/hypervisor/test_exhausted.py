"""Where this process can open nothing more, nothing is known: nobody is taken for dead."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vms.hypervisor.base import Exit, ExitReason
from vms.hypervisor.foreign import _command_line
from vms.hypervisor.process import ProcessIdentity, identify, open_pidfd
from vms.hypervisor.records import LaunchRecord, Phase, TpmRecord, read_exit, write_exit
from vms.hypervisor.rundir import RunDir


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """As ``ulimit -n`` has it, for this process, which gets them back in the end."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def me() -> ProcessIdentity:
    identity = identify(os.getpid())
    assert identity is not None
    return identity


@pytest.mark.parametrize("look", [lambda run_dir: identify(os.getpid()), lambda run_dir: _command_line(1)])
def test_a_process_that_can_not_be_looked_at_is_not_gone(
    tmp_path: Path, look: Callable[[RunDir], object]
) -> None:
    assert look(RunDir(tmp_path))
    with no_descriptor_left(), pytest.raises(OSError, match="Too many open files"):
        look(RunDir(tmp_path))


def test_nor_is_one_of_which_no_descriptor_can_be_had() -> None:
    identity = me()
    with no_descriptor_left(), pytest.raises(OSError, match="Too many open files"):
        open_pidfd(identity)


@pytest.mark.parametrize("read", [LaunchRecord.read, TpmRecord.read, read_exit])
def test_a_note_that_can_not_be_opened_is_not_missing(
    tmp_path: Path, read: Callable[[RunDir], object]
) -> None:
    """Without it a guest that switched itself off would be one that was lost, and be started again."""
    run_dir = RunDir(tmp_path)
    LaunchRecord(1, Phase.RUNNING, "boot", 1, 1, 1).write(run_dir)
    TpmRecord("boot", 1, 1, 1).write(run_dir)
    write_exit(run_dir, Exit(ExitReason.GUEST_SHUTDOWN, 1, 0))
    assert read(run_dir) is not None
    with no_descriptor_left(), pytest.raises(OSError, match="Too many open files"):
        read(run_dir)
