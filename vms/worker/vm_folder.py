"""Reading a VM's directory that another program (or an earlier server) made. Nothing in it is trusted.

``shared/`` can be written by the guest: nothing there is followed, and nothing is read past its limit.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

from vms.actions.adoption import FoundVm
from vms.actions.validate import MAX_ENV_BYTES, MAX_TEXT_BYTES
from vms.hypervisor.directory import read_state
from vms.hypervisor.durable import read_regular_file
from vms.hypervisor.qcow2 import read_header
from vms.hypervisor.rundir import RunDir
from vms.worker import manifest
from vms.worker.manifest import BrokenManifest, Manifest

MAX_INFO_BYTES = 4096
MAX_UNKNOWN_BYTES = 64 * 1024
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){0,64}\Z")


class BrokenFolder(Exception):
    """It can't be taken over; the message says why, for people."""


def read_folder(run_dir: RunDir, images: Path) -> FoundVm:
    """The VM in that directory. ``images`` is where its disk's backing file may lie.

    Raises:
        BrokenFolder: something in it is missing or wrong.
    """
    if run_dir.removing_marker.exists():
        raise BrokenFolder("it is being removed")
    document = read_manifest(run_dir)
    _check_disk(run_dir.data_disk, images)
    _require_folder(run_dir.shared)
    config = document.configuration(
        compose_file=_text(run_dir.shared / "app-compose.json", required=True),
        user_config=_text(run_dir.shared / ".user-config"),
        encrypted_env=_bytes(run_dir.shared / ".encrypted-env", MAX_ENV_BYTES) or b"",
        stopped=not _started(run_dir),
    )
    instance_id, seed = instance_info(run_dir.shared / ".instance_info")
    return FoundVm(
        vm_id=run_dir.path.name,
        config=config,
        created_at_ms=document.created_at_ms,
        instance_id=instance_id,
        instance_id_seed=seed,
        manifest_extra=document.unknown,
        events_offset=_size(run_dir.events),
    )


def read_manifest_only(run_dir: RunDir) -> FoundVm:
    """What the manifest alone says of a VM that is known already. Raises BrokenFolder."""
    document = read_manifest(run_dir)
    config = document.configuration(compose_file="", user_config="", encrypted_env=b"", stopped=False)
    return FoundVm(run_dir.path.name, config, document.created_at_ms, manifest_extra=document.unknown)


def read_manifest(run_dir: RunDir) -> Manifest:
    """``vm-manifest.json``, which must be of the VM whose name the directory has. Raises BrokenFolder."""
    data = read_regular_file(run_dir.manifest, manifest.MAX_BYTES + 1)
    if data is None:
        raise BrokenFolder("there is no vm-manifest.json")
    try:
        document = manifest.parse(data)
    except BrokenManifest as error:
        raise BrokenFolder(f"vm-manifest.json: {error}") from error
    if document.id != run_dir.path.name:
        raise BrokenFolder(f"vm-manifest.json is of another VM: {document.id[:80]!r}")
    if len(json.dumps(document.unknown)) > MAX_UNKNOWN_BYTES:
        raise BrokenFolder(f"vm-manifest.json: unknown fields hold more than {MAX_UNKNOWN_BYTES} bytes")
    return document


def as_stopped(found: FoundVm) -> FoundVm:
    """The same VM, which should not run: of a copy, whose original may."""
    return replace(found, config=replace(found.config, stopped=True))


def _require_folder(path: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        is_folder = False
    if not is_folder:
        raise BrokenFolder(f"there is no folder {path.name}/")


def _started(run_dir: RunDir) -> bool:
    started = read_state(run_dir)
    if started is None and os.path.lexists(run_dir.state):
        raise BrokenFolder('vm-state.json: must be {"started": true} or {"started": false}')
    return bool(started)


def _text(path: Path, *, required: bool = False) -> str:
    data = _bytes(path, MAX_TEXT_BYTES)
    if data is None:
        if required:
            raise BrokenFolder(f"there is no shared/{path.name}")
        return ""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BrokenFolder(f"shared/{path.name}: is not UTF-8 text") from None
    if "\0" in text:
        raise BrokenFolder(f"shared/{path.name}: must not hold NUL characters")
    return text


def _bytes(path: Path, most: int) -> bytes | None:
    if not os.path.lexists(path):
        return None
    data = read_regular_file(path, most + 1)
    if data is None:
        raise BrokenFolder(f"shared/{path.name}: is no regular file, or can't be read")
    if len(data) > most:
        raise BrokenFolder(f"shared/{path.name}: is larger than {most} bytes")
    return data


def instance_info(path: Path) -> tuple[str, str]:
    """Instance id and its seed, hex, empty where there is no such file.

    What can't be read is refused (BrokenFolder): without it, it would be another instance.
    """
    data = _bytes(path, MAX_INFO_BYTES)
    if data is None:
        return "", ""
    try:
        info = json.loads(data)
    except (ValueError, RecursionError):
        info = None
    if not isinstance(info, dict):
        raise BrokenFolder("shared/.instance_info: is no JSON object")
    found = []
    for name in ("instance_id", "instance_id_seed"):
        value = info.get(name) or ""
        if not isinstance(value, str) or not _HEX.match(value):
            raise BrokenFolder(f"shared/.instance_info: {name} must be hex digits")
        found.append(value.lower())
    return found[0], found[1]


def _check_disk(disk: Path, images: Path) -> None:
    """A qcow2 file may name others, which QEMU would open for the guest: only image files may be."""
    if not os.path.lexists(disk):
        return  # never started: the first start makes it
    header = read_header(disk)
    if header is None:
        raise BrokenFolder(f"{disk.name}: is no qcow2 disk, or can't be read")
    if header.has_external_data:
        raise BrokenFolder(f"{disk.name}: keeps its data in another file")
    backing = header.backing_file
    # A relative name could also be one of QEMU's protocols.
    is_inside = backing.startswith("/") and Path(backing).resolve().is_relative_to(images.resolve())
    if backing and not is_inside:
        raise BrokenFolder(f"{disk.name}: its backing file {backing[:200]!r} is no image in {images}")


def _size(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
