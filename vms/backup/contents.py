"""What is in a backup and under which names. A name that is not one of these is refused when it is read.

::

    backup.json                 what it is a backup of; comes first
    database/vmm.sqlite3        as if every VM had just been switched off
    database/secret-key
    vm/<id>/hda.img             the data disk; absent where it was left out
    vm/<id>/vm-manifest.json  vm-state.json  boot.000001  shared/…  swtpm/…
    image/<name>/…              where images were asked for
    SHA256SUMS                  of all files before it; comes last
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from vms.backup.errors import BackupFailed
from vms.hypervisor.rundir import VM_ID_PATTERN, RunDir

FORMAT = 1
ABOUT, SUMS = "backup.json", "SHA256SUMS"
DATABASE, SECRET_KEY = "vmm.sqlite3", "secret-key"
DATA_DISK = "hda.img"
FOLDERS = ("shared", "swtpm")
MAX_ABOUT_BYTES = 64 << 20
MAX_FILE_IN_FOLDERS = 64 << 20
"""Bytes. A guest may write in its folders; what it makes larger is not its configuration."""
MAX_FILES = 1_000_000
MAX_DEPTH = 8
_PART = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._@+-]{1,200}\Z")
_OF_VM = re.compile(r"(?:vm-manifest\.json|vm-state\.json|hda\.img|boot\.[0-9]{1,12})\Z")


@dataclass(frozen=True)
class About:
    """The content of ``backup.json``: milliseconds since 1970, VMs (id to name), images (name to digest)."""

    made_at_ms: int
    version: str
    node: str
    vms: dict[str, str]
    images: dict[str, str]
    with_images: bool

    def encoded(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Raises BackupFailed. Fields that a newer version added are ignored."""
        try:
            told: dict[str, Any] = json.loads(data)
            version = str(told.get("version"))
            if told["format"] != FORMAT:
                raise BackupFailed(f"it was made by version {version}, whose backups this one can't read")
            return cls(
                made_at_ms=int(told["made_at_ms"]),
                version=version,
                node=str(told["node"]),
                vms={str(vm_id): str(name) for vm_id, name in told["vms"].items()},
                images={str(name): str(digest) for name, digest in told["images"].items()},
                with_images=bool(told["with_images"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BackupFailed(f"its {ABOUT} can't be understood: {error!r}") from error


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a member's name. Raises BackupFailed for one that no backup has."""
    parts = tuple(name.split("/"))
    if len(parts) <= MAX_DEPTH and all(_PART.match(part) for part in parts) and _is_known(parts):
        return parts
    raise BackupFailed(f"{name[:200]!r} belongs in no backup")


def _is_known(parts: tuple[str, ...]) -> bool:
    match parts:
        case ("backup.json",) | ("SHA256SUMS",) | ("database", "vmm.sqlite3" | "secret-key"):
            return True
        case ("image", _, _, *_):
            return True
        case ("vm", vm_id, file) if VM_ID_PATTERN.match(vm_id):
            return bool(_OF_VM.match(file))
        case ("vm", vm_id, "shared" | "swtpm", _, *_) if VM_ID_PATTERN.match(vm_id):
            return True
    return False


def files_of_vm(run_dir: RunDir) -> Iterator[tuple[str, Path]]:
    """(name in the VM's part, path) of its files but the disk."""
    if not run_dir.path.is_dir():
        return
    for path in sorted(run_dir.path.iterdir()):
        if _OF_VM.match(path.name) and path.name != DATA_DISK:
            yield path.name, path
    for folder in FOLDERS:
        yield from ((f"{folder}/{name}", path) for name, path in files_below(run_dir.path / folder))


def files_below(folder: Path, depth: int = MAX_DEPTH - 3) -> Iterator[tuple[str, Path]]:
    """Files in a folder and its folders, by their names from there. Links are not followed, nor told."""
    if depth == 0 or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not _PART.match(path.name):
            continue
        if path.is_dir():
            yield from ((f"{path.name}/{name}", inner) for name, inner in files_below(path, depth - 1))
        elif path.is_file():
            yield path.name, path
