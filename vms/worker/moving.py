"""What ``manage.py import_vms`` does: looking at a directory of VMs, and copying stopped ones from it.

The originals are only read. A copy is made beside, under a name that no VM can have, and put in
its place when it is whole. It bears a mark until the server has taken it over, so that an import
that was cut off can be repeated; what one left unfinished is removed by the next, or by the server.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vms import faults
from vms.actions.adoption import FoundProcess, FoundVm
from vms.actions.observe import Sighting
from vms.choices import Actual
from vms.hypervisor import lock
from vms.hypervisor.directory import scan_ids, write_state
from vms.hypervisor.durable import fsync_directory, read_regular_file, replace_file
from vms.hypervisor.foreign import ForeignProcess, find_all
from vms.hypervisor.rundir import RunDir
from vms.worker.vm_folder import BrokenFolder, read_folder

MAX_FILES = 10_000
"""A guest can fill its shared folder; nobody copies that for ever."""
_log = logging.getLogger(__name__)
_PREFIX = ".importing-"
_MARK = ".imported"
"""In a copy that is whole: the directory that it is of."""
_MAX_MARK = 8192


@dataclass(frozen=True)
class Candidate:
    """A VM's directory, looked at. ``found`` is None where it can't be read; ``problem`` says why then."""

    run_dir: RunDir
    process: FoundProcess
    found: FoundVm | None = None
    problem: str = ""

    @property
    def vm_id(self) -> str:
        return self.run_dir.path.name


def look_at(source: Path, images: Path) -> list[Candidate]:
    """Every VM in ``source``, those that run first, for they have their CIDs already."""
    processes = find_all(source)
    candidates = [_candidate(RunDir(source / vm_id), processes, images) for vm_id in scan_ids(source)]
    return sorted(candidates, key=lambda candidate: not candidate.process.runs)


@contextmanager
def alone(run_path: Path) -> Iterator[None]:
    """Only one imports at a time; unfinished copies of others, which were cut off, are removed.

    Raises:
        BrokenFolder: somebody imports just now, or the run path can't be used.
    """
    try:
        descriptor = os.open(run_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise BrokenFolder(f"{run_path} can't be used: {error.strerror}") from error
    try:
        _lock(descriptor, run_path)
        for unfinished in run_path.glob(f"{_PREFIX}*"):
            shutil.rmtree(unfinished)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, run_path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BrokenFolder(f"another import into {run_path} is under way; wait for its end") from None


def clean_up(run_path: Path) -> None:
    """Remove what an import that was cut off left unfinished, unless one is under way. Blocking."""
    if not run_path.exists():
        return
    try:
        with alone(run_path):
            pass
    except (BrokenFolder, OSError) as error:
        _log.info("unfinished imports are left: %s", error)


def copy(original: RunDir, run_path: Path) -> None:
    """Put a copy of a stopped VM, that should not run, into ``run_path``; one that is there whole stays.

    Raises:
        BrokenFolder: it runs after all, something else is there, or it can't be copied; nothing is
            left then.
    """
    target = run_path / original.path.name
    if _is_copy(target, original):
        return
    if os.path.lexists(target):
        raise BrokenFolder(f"{target} is there already")
    unfinished = RunDir(run_path / f"{_PREFIX}{original.path.name}")
    shutil.rmtree(unfinished.path, ignore_errors=True)
    try:
        _copy_tree(original.path, unfinished.path, _left_behind(original))
        write_state(unfinished, False)
        replace_file(unfinished.path / _MARK, os.fsencode(original.path))
        faults.point("import.copied")
        if _process_of(original, find_all(original.path.parent)).runs:
            raise BrokenFolder("it was started while it was being copied")
        fsync_directory(unfinished.path)
        unfinished.path.rename(target)
        faults.point("import.renamed")
        fsync_directory(run_path)
    except OSError as error:
        raise BrokenFolder(f"it can't be copied: {error}") from error
    except subprocess.CalledProcessError as error:
        raise BrokenFolder(f"it can't be copied: {error.stderr.strip()[-500:]}") from error
    finally:
        shutil.rmtree(unfinished.path, ignore_errors=True)


def taken_over(original: RunDir, run_path: Path) -> None:
    """Its copy belongs to the server now: take the mark off, if it bears one."""
    target = run_path / original.path.name
    if _is_copy(target, original):
        (target / _MARK).unlink()
        fsync_directory(target)


def _is_copy(target: Path, original: RunDir) -> bool:
    """Whether an import has put it there; of the same original, for ids can be chosen."""
    return read_regular_file(target / _MARK, _MAX_MARK) == os.fsencode(original.path)


def _candidate(run_dir: RunDir, processes: tuple[ForeignProcess, ...], images: Path) -> Candidate:
    process = _process_of(run_dir, processes)
    try:
        return Candidate(run_dir, process, read_folder(run_dir, images))
    except BrokenFolder as error:
        return Candidate(run_dir, process, problem=str(error))


def _process_of(run_dir: RunDir, processes: tuple[ForeignProcess, ...]) -> FoundProcess:
    if lock.is_held(run_dir):
        return FoundProcess(Sighting(Actual.UNKNOWN))
    users = [process for process in processes if run_dir.path.name in process.vm_ids]
    if not users:
        return FoundProcess(Sighting(Actual.OFF))
    identity = users[0].identity
    sighting = Sighting(Actual.ON, identity.pid, identity.started_at_ms)
    return FoundProcess(sighting, is_foreign=True, cid=users[0].cid)


def _left_behind(run_dir: RunDir) -> frozenset[Path]:
    """What speaks of a process, and not of the VM."""
    return frozenset(
        {
            run_dir.pidfile,
            run_dir.exit_file,
            run_dir.lock,
            run_dir.launch_file,
            run_dir.exit_reason_file,
            run_dir.event_log,
            run_dir.tpm_file,
            run_dir.taps_file,
            run_dir.events,
            run_dir.state,
            run_dir.path / _MARK,
        }
    )


def _copy_tree(source: Path, target: Path, left_behind: frozenset[Path]) -> None:
    """Folders and regular files; links, sockets and pipes are left out, and so is ``left_behind``."""
    folders = [(source, target)]
    copied = 0
    while folders:
        here, there = folders.pop()
        there.mkdir(mode=0o700)
        for entry in list(os.scandir(here)):
            path = Path(entry.path)
            copied += 1
            if copied > MAX_FILES:
                raise BrokenFolder(f"it holds more than {MAX_FILES} files")
            if entry.is_dir(follow_symlinks=False):
                folders.append((path, there / entry.name))
            elif entry.is_file(follow_symlinks=False) and path not in left_behind:
                _copy_file(path, there / entry.name)
                faults.point("import.file")


def _copy_file(source: Path, target: Path) -> None:
    """With its holes, and at once where the file system can; its attributes are what the guest sees."""
    cp = ["cp", "-a", "--reflink=auto", "--sparse=always", "--no-target-directory", "--"]
    subprocess.run([*cp, source, target], check=True, capture_output=True, text=True, errors="replace")
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
