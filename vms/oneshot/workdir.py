"""Where a foreground VM's directory lies: a folder of the user's choice, or one of our own for this run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from vms.hypervisor import lock
from vms.hypervisor.directory import scan_ids
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.process import read_pidfile
from vms.hypervisor.rundir import RunDir

PREFIX = ".launch-"
"""No VM's id begins so: the server, whose run path the folders are in, never takes them for its own."""


def own_folder(run_path: Path) -> Path:
    """A new one. Raises LaunchRefused."""
    try:
        run_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=run_path))
    except OSError as error:
        raise LaunchRefused(
            f"no folder can be made in {run_path} ({error.strerror}); name one with --workdir"
        ) from error


def left_running(run_path: Path) -> Iterator[str]:
    """VMs that earlier launches could not end, being killed themselves; in words."""
    for folder in sorted(run_path.glob(f"{PREFIX}*")):
        for vm_id in scan_ids(folder):
            run_dir = RunDir.of(folder, vm_id)
            if lock.is_held(run_dir):
                pid = read_pidfile(run_dir)
                yield f"a VM of an earlier launch that was killed runs on in {run_dir.path} (process {pid})"
