"""Making, filling, listing and deleting the directories of VMs."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vms import faults

from .durable import fsync_directory, put_file, read_regular_file, replace_file
from .errors import LaunchRefused
from .log_rotation import begin_boot, locked
from .privileges import uid_and_gid
from .records import LaunchRecord, Phase
from .rundir import VM_ID_PATTERN, RunDir
from .spec import GuestSpec, LogLimits

STATE_LIMIT = 4096

FILE_NAME_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


def scan_ids(run_path: Path) -> list[str]:
    """Ids of the VM directories in ``run_path``, sorted; links and other folders are left out."""
    try:
        entries = list(os.scandir(run_path))
    except FileNotFoundError:
        return []
    folders = (entry for entry in entries if entry.is_dir(follow_symlinks=False))
    return sorted(
        folder.name
        for folder in folders
        if VM_ID_PATTERN.match(folder.name) and _is_vm(RunDir(Path(folder.path)))
    )


def _is_vm(run_dir: RunDir) -> bool:
    marks = (run_dir.manifest, run_dir.launch_file, run_dir.removing_marker)
    return any(mark.exists() for mark in marks)


def fill(run_dir: RunDir, spec: GuestSpec) -> None:
    """Write run files and shared files; files that have their content already are left alone.

    Raises:
        LaunchRefused: the VM is being removed, a name is no plain file name, or
            the files can't be written (the message says why).
    """
    if run_dir.removing_marker.exists():
        raise LaunchRefused(f"VM {spec.vm_id} is being removed")
    for name in (*spec.run_files, *spec.shared_files):
        if not FILE_NAME_PATTERN.match(name) or name in (".", ".."):
            raise LaunchRefused(f"{name!r} is not a plain file name")
    try:
        run_dir.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        run_dir.shared.mkdir(mode=0o700, exist_ok=True)
        if spec.swtpm:
            run_dir.tpm_state.mkdir(mode=0o700, exist_ok=True)
        _write_changed(run_dir.path, spec.run_files, beside=run_dir.path)
        # The guest may write in shared/, so nothing half-written is ever made in there.
        _write_changed(run_dir.shared, spec.shared_files, beside=run_dir.path)
    except OSError as error:
        raise LaunchRefused(f"cannot write the VM's directory: {error}") from error


def read_state(run_dir: RunDir) -> bool | None:
    """What ``vm-state.json`` says: should the VM run? ``None`` where it says nothing."""
    try:
        state = json.loads(read_regular_file(run_dir.state, STATE_LIMIT) or b"null")
    except (ValueError, RecursionError):
        return None
    started = state.get("started") if isinstance(state, dict) else None
    return started if isinstance(started, bool) else None


def write_state(run_dir: RunDir, started: bool) -> None:
    """Make ``vm-state.json`` say so; nothing where there is no directory, or it is being removed."""
    says = read_state(run_dir)
    says_it_silently = not started and not os.path.lexists(run_dir.state)
    if says is started or says_it_silently:
        return
    if not run_dir.path.is_dir() or run_dir.removing_marker.exists():
        return
    replace_file(run_dir.state, json.dumps({"started": started}).encode())


def _write_changed(folder: Path, files: Mapping[str, bytes | None], *, beside: Path) -> None:
    changed = False
    for name, content in files.items():
        path = folder / name
        if content is None:
            if path.is_symlink() or path.exists():
                path.unlink()
                changed = True
        elif read_regular_file(path, len(content) + 1) != content:
            put_file(path, content, beside=beside)
            changed = True
    # Once for all of them: what counts is that they have their names before anybody is told so.
    if changed:
        fsync_directory(folder)


def clear_the_way(run_dir: RunDir, record: LaunchRecord, user: str, logs: LogLimits) -> None:
    """Make room for the run of ``record``, whose phase becomes SPAWNED, in files that are ``user``'s.

    Each step leaves a state that is read rightly after a crash: see Phase.
    """
    record.write(run_dir)
    faults.point("way.noted")
    begin_boot(run_dir, logs)
    faults.point("way.begun")
    clear_traces(run_dir)
    faults.point("way.cleared")
    make_serial_line(run_dir)
    replace(record, phase=Phase.SPAWNED).write(run_dir)
    if user:
        give_to(run_dir, user)


def make_serial_line(run_dir: RunDir) -> None:
    """The pipe that keys come by, and the way for what is printed, which leads nowhere: it is logged."""
    os.mkfifo(run_dir.serial_input, 0o600)
    run_dir.serial_output.symlink_to(os.devnull)


def clear_traces(run_dir: RunDir) -> None:
    """Delete what an earlier run left that could be taken for the next run's."""
    for path in (
        run_dir.exit_file,
        run_dir.exit_reason_file,
        run_dir.pidfile,
        run_dir.qmp_socket,
        run_dir.event_log,
        run_dir.event_socket,
        run_dir.serial_input,
        run_dir.serial_output,
        run_dir.agent_socket,
        run_dir.tpm_socket,
        run_dir.tpm_file,
    ):
        path.unlink(missing_ok=True)
    fsync_directory(run_dir.path)


def give_to(run_dir: RunDir, user: str) -> None:
    """Let ``user``, whom QEMU will run as, use the VM's directory.

    Raises:
        LaunchRefused: there is no such user, or we may not give files away.
    """
    uid, gid = uid_and_gid(user)
    try:
        for folder, _, names in os.walk(run_dir.path):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, uid, gid, follow_symlinks=False)
    except OSError as error:
        raise LaunchRefused(f"cannot give the VM's directory to user {user!r}: {error}") from error


def delete(run_dir: RunDir) -> None:
    """Delete a VM's directory, never what a link in it leads to; an interrupted call can be repeated.

    The marker goes last, so that what is left of an interrupted removal is still
    found by :func:`scan_ids`.

    Raises:
        RuntimeError: the directory is a link, which we never follow.
    """
    if run_dir.path.is_symlink():
        raise RuntimeError(f"{run_dir.path} is a link: remove it by hand")
    if not run_dir.path.exists():
        return
    with locked(run_dir):  # from now on nothing is rotated
        replace_file(run_dir.removing_marker, b"")
    faults.point("delete.marked")
    for entry in list(os.scandir(run_dir.path)):
        path = Path(entry.path)
        if path == run_dir.removing_marker:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        faults.point("delete.entry")
    run_dir.removing_marker.unlink()
    faults.point("delete.unmarked")
    run_dir.path.rmdir()
    faults.point("delete.gone")
    fsync_directory(run_dir.path.parent)
