"""The folders that data, VMs and images lie in: room, rights, and what their file systems can do."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vms.images.store import scan
from vms.preflight.access import me
from vms.preflight.finding import Outcome, note, ok, problem, warning
from vms.preflight.host import Host
from vms.preflight.mounts import mount_of

SCARCE_BYTES = 256 * 1024**2
"""Less than that and the next log line or database page may be the last."""
LITTLE_BYTES = 5 * 1024**3
SCARCE_INODES = 1000
SPARSE_BYTES = 4 * 1024**2
NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.glusterfs",
    "fuse.sshfs",
}
SHOWN = 4


def data(host: Host) -> Outcome:
    return _folder(host, host.config.data_dir, "data_dir", LITTLE_BYTES)


def run(host: Host) -> Outcome:
    return _folder(host, host.config.run_path, "run_path", LITTLE_BYTES)


def image_folder(host: Host) -> Outcome:
    return _folder(host, host.config.image.path, "path in [image]", host.config.image.keep_free)


def database(host: Host) -> Outcome:
    """SQLite's write-ahead log needs memory that all its users share: https://sqlite.org/wal.html"""
    folder = _existing(host.config.data_dir)
    mount = mount_of(folder, host.text("proc/self/mountinfo"))
    if mount is None:
        return note(f"which file system {folder} is on can't be seen")
    if mount.kind in NETWORK_FILE_SYSTEMS:
        return problem(
            f"{folder} is on {mount.kind} ({mount.point}): a database breaks on a network file system",
            "set data_dir to a folder on a local disk; run_path and path in [image] may stay where they are",
        )
    if mount.kind in ("tmpfs", "ramfs"):
        return warning(
            f"{folder} is in memory ({mount.kind}): all of it is gone when the host ends",
            "set data_dir to a folder on a disk",
        )
    return ok(f"{folder} is on {mount.kind} ({mount.point})")


def images(host: Host) -> Outcome:
    """There is something to boot."""
    folder = host.config.image.path
    try:
        found = scan(folder)
    except OSError as error:
        return problem(f"{folder} can't be read ({error.strerror})", "let the server's user read it")
    usable = [one.name for one in found if one.image is not None]
    broken = [f"{one.name} ({one.problem})" for one in found if one.image is None]
    if usable:
        more = f" and {len(usable) - SHOWN} more" if len(usable) > SHOWN else ""
        unusable = f"; can't be used: {'; '.join(broken)}" if broken else ""
        return ok(f"{', '.join(usable[:SHOWN])}{more}{unusable}")
    get = (
        "manage.py list_images --registry, then manage.py pull_image TAG"
        if host.config.image.registry
        else "put a dstack image's folder there, or set registry in [image] and manage.py pull_image TAG"
    )
    what = f"no image in {folder} can be used: {'; '.join(broken)}" if broken else f"no image in {folder}"
    return warning(what, f"{get}; for a first try: manage.py demo_image")


def _folder(host: Host, path: Path, setting: str, wanted: int) -> Outcome:
    """Room and rights, of the folder or of where it would be made."""
    existing = _existing(path)
    if not existing.is_dir():
        return problem(f"{existing} is no folder", f"set {setting} to one")
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=True):
        missing = "" if existing == path else f"{path} can't be made: "
        return problem(
            f"{missing}{existing} can't be written by this user",
            f"sudo install -d -m 700 -o {me()} {path}, or set {setting} to another folder",
        )
    try:
        room = os.statvfs(existing)
        lacking = _lacks(existing) if existing == path else ""
    except OSError as error:
        return problem(f"{existing} can't be used ({error.strerror})", f"set {setting} to another folder")
    if lacking:
        return problem(
            f"the file system of {existing} {lacking}", f"set {setting} to a folder on ext4, xfs or btrfs"
        )
    free, inodes = room.f_bavail * room.f_frsize, room.f_favail
    what = f"{path}{'' if existing == path else ' (made at the first start)'}: {_size(free)} free"
    if free < SCARCE_BYTES or (room.f_files and inodes < SCARCE_INODES):
        return problem(f"{what}, {inodes} inodes free", f"make room, or set {setting} to a folder with more")
    if free < wanted:
        return warning(
            f"{what}, less than {_size(wanted)}", f"make room, or set {setting} to a folder with more"
        )
    return ok(what)


def _existing(path: Path) -> Path:
    """The folder, or the one above it that is there, as far as this user sees."""
    return next(one for one in (path, *path.parents) if os.path.exists(one) or one == one.parent)


def _lacks(folder: Path) -> str:
    """What can't be done in it that everything here relies on; tried with a file. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=".preflight-", dir=folder)
    renamed = f"{name}.renamed"
    try:
        os.fsync(handle)
        os.truncate(handle, SPARSE_BYTES)
        os.rename(name, renamed)
        _sync(folder)
        if os.fstat(handle).st_blocks * 512 >= SPARSE_BYTES:
            return "has no sparse files, so every disk takes its whole size at once"
    finally:
        os.close(handle)
        for left in (name, renamed):
            Path(left).unlink(missing_ok=True)
    return ""


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size // 1024**2} MiB"
