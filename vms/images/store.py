"""The node's image folder: what guest images it holds, and what is wrong with the others.

The folder is the truth. An image is a folder with a ``metadata.json``; every artefact
it names must resolve, symbolic links too, to a regular file inside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_METADATA_BYTES = 1 << 20
OLDEST_VERSION = (0, 5, 0)
_NAME = re.compile(r"[A-Za-z0-9_\-.]{1,64}\Z")
_VERSION_IN_NAME = re.compile(r"dstack-(?:dev-)?(\d+\.\d+\.\d+.*)\Z")
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?!\d)[^\s]{0,32}\Z", re.ASCII)
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_OPTIONAL = ("hda", "rootfs", "bios", "pvh_kernel")


class BrokenImage(Exception):
    """The image can't be used; the message says why, for people."""


@dataclass(frozen=True)
class StoredImage:
    """A usable image. All paths are resolved and lie inside the image's folder."""

    name: str
    version: str
    description: str
    is_dev: bool
    digest: str
    size: int
    shared_ro: bool
    cmdline: str
    kernel: Path
    initrd: Path
    rootfs: Path | None
    hda: Path | None
    bios: Path | None
    pvh_kernel: Path | None


@dataclass(frozen=True)
class FoundFolder:
    """One folder of the image path: an image, or what is wrong with it."""

    name: str
    image: StoredImage | None
    problem: str


def scan(images_path: Path) -> list[FoundFolder]:
    """Every image folder, by name; a missing image path holds none, temporary folders don't count."""
    if not images_path.is_dir():
        return []
    found = []
    for folder in sorted(images_path.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir() or not _NAME.match(folder.name):
            continue
        try:
            found.append(FoundFolder(folder.name, read_image(images_path, folder.name), ""))
        except BrokenImage as broken:
            found.append(FoundFolder(folder.name, None, str(broken)))
    return found


def is_name(name: str) -> bool:
    """Whether an image's folder can have that name."""
    return _NAME.match(name) is not None and ".." not in name


def read_image(images_path: Path, name: str) -> StoredImage:
    """Read and check one image.

    Raises:
        BrokenImage: there is no such folder, or something in it is missing or wrong.
    """
    if not _NAME.match(name) or ".." in name or name == ".":
        raise BrokenImage(f"{name!r} is not an image's name")
    try:
        return _read((images_path / name).resolve(), name)
    except OSError as error:  # it may be deleted or copied just now
        raise BrokenImage(f"it can't be read: {error.strerror}") from error


def _read(folder: Path, name: str) -> StoredImage:
    metadata = _metadata(folder)
    version = _version(metadata, name)
    artefacts = {key: _artefact(folder, metadata, key) for key in ("kernel", "initrd", *_OPTIONAL)}
    kernel, initrd = artefacts["kernel"], artefacts["initrd"]
    if kernel is None or initrd is None:
        raise BrokenImage("metadata.json names no kernel or no initrd")
    rootfs = artefacts["rootfs"]
    if rootfs is not None and rootfs.suffix != ".verity":
        raise BrokenImage(f"rootfs must be a .verity file, not {rootfs.name}")
    files = {path for path in artefacts.values() if path is not None}
    return StoredImage(
        name=name,
        version=version,
        description=_text(metadata, "description") or json.dumps(metadata, sort_keys=True),
        is_dev=metadata.get("is_dev") is True,
        digest=_digest(folder),
        size=sum(path.stat().st_size for path in files),
        shared_ro=metadata.get("shared_ro") is True,
        cmdline=_text(metadata, "cmdline"),
        kernel=kernel,
        initrd=initrd,
        rootfs=rootfs,
        hda=artefacts["hda"],
        bios=artefacts["bios"],
        pvh_kernel=artefacts["pvh_kernel"],
    )


def _metadata(folder: Path) -> dict[str, Any]:
    path = folder / "metadata.json"
    try:
        if not path.is_file():
            raise BrokenImage("there is no metadata.json")
        if path.stat().st_size > MAX_METADATA_BYTES:
            raise BrokenImage("metadata.json is larger than 1 MiB")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenImage(f"metadata.json can't be read: {error}") from error
    if not isinstance(document, dict):
        raise BrokenImage("metadata.json must hold a JSON object")
    return document


def _artefact(folder: Path, metadata: dict[str, Any], key: str) -> Path | None:
    name = _text(metadata, key)
    if not name:
        return None
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise BrokenImage(f"{key}: {name!r} leads out of the image's folder")
    if not path.is_file():
        raise BrokenImage(f"{key}: there is no file {name!r}")
    return path


def _text(metadata: dict[str, Any], key: str) -> str:
    value = metadata.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or _NO_TEXT.search(value):
        raise BrokenImage(f"{key} in metadata.json must be text")
    return value


def _version(metadata: dict[str, Any], name: str) -> str:
    version = _text(metadata, "version")
    if not version and (in_name := _VERSION_IN_NAME.match(name)):
        version = in_name[1]
    if not (numbers := _VERSION.match(version)):
        raise BrokenImage("no version: neither metadata.json nor the folder's name has one such as 0.5.3")
    if tuple(int(part) for part in numbers.groups()) < OLDEST_VERSION:
        raise BrokenImage(f"version {version} is too old; 0.5.0 is the oldest supported")
    return version


def _digest(folder: Path) -> str:
    """digest.txt, which must be the SHA-256 of sha256sum.txt; empty where there is none."""
    try:
        digest = (folder / "digest.txt").read_text("ascii").strip()
        checksums = (folder / "sha256sum.txt").read_bytes()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise BrokenImage(f"digest.txt can't be read: {error}") from error
    if not _DIGEST.match(digest) or hashlib.sha256(checksums).hexdigest() != digest:
        raise BrokenImage("digest.txt is not the SHA-256 of sha256sum.txt")
    return digest
