"""What ``manage.py import_vms`` does: looking at a directory of VMs, and copying stopped ones from it.

The originals are only read. A copy is made beside, under a name that no VM can have, and put in
its place when it is whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vms.actions.adoption import FoundProcess, FoundVm
from vms.actions.observe import Sighting
from vms.choices import Actual
from vms.hypervisor import lock
from vms.hypervisor.directory import scan_ids, write_state
from vms.hypervisor.durable import fsync_directory
from vms.hypervisor.foreign import ForeignProcess, find_all
from vms.hypervisor.rundir import RunDir
from vms.worker.vm_folder import BrokenFolder, read_folder

MAX_FILES = 10_000
"""A guest can fill its shared folder; nobody copies that for ever."""
_PREFIX = ".importing-"


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


def copy(original: RunDir, run_path: Path) -> None:
    """Put a copy of a stopped VM, that should not run, into ``run_path``.

    Raises:
        BrokenFolder: it runs after all, is there already, or can't be copied; nothing is left then.
    """
    target = run_path / original.path.name
    if os.path.lexists(target):
        raise BrokenFolder(f"{target} is there already")
    unfinished = RunDir(run_path / f"{_PREFIX}{original.path.name}")
    shutil.rmtree(unfinished.path, ignore_errors=True)
    try:
        _copy_tree(original.path, unfinished.path, _left_behind(original))
        write_state(unfinished, False)
        if _process_of(original, find_all(original.path.parent)).runs:
            raise BrokenFolder("it was started while it was being copied")
        fsync_directory(unfinished.path)
        unfinished.path.rename(target)
        fsync_directory(run_path)
    except OSError as error:
        raise BrokenFolder(f"it can't be copied: {error}") from error
    except subprocess.CalledProcessError as error:
        raise BrokenFolder(f"it can't be copied: {error.stderr.strip()[-500:]}") from error
    finally:
        shutil.rmtree(unfinished.path, ignore_errors=True)


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


def _copy_file(source: Path, target: Path) -> None:
    """With its holes, and at once where the file system can; its attributes are what the guest sees."""
    cp = ["cp", "-a", "--reflink=auto", "--sparse=always", "--no-target-directory", "--"]
    subprocess.run([*cp, source, target], check=True, capture_output=True, text=True, errors="replace")
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
