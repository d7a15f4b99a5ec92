"""The node's image folder: what guest images it holds, and what is wrong with the others.

The folder is the truth. An image is a folder with a ``metadata.json``; every artefact
it names must resolve, symbolic links too, to a regular file inside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from vms.images.errors import BrokenImage as BrokenImage
from vms.images.material import Material, read_material, read_small

MAX_METADATA_BYTES = 1 << 20
OLDEST_VERSION = (0, 5, 0)
_NAME = re.compile(r"[A-Za-z0-9_\-.]{1,64}\Z")
_VERSION_IN_NAME = re.compile(r"dstack-(?:dev-)?(\d+\.\d+\.\d+.*)\Z")
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?!\d)[^\s]{0,32}\Z", re.ASCII)
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_OPTIONAL = ("hda", "rootfs", "bios", "bios-sev", "pvh_kernel")


OVMF_VARIANTS = ("pre202505",)
"""Measured layouts of the firmware that verifiers know."""


class Support(StrEnum):
    """On what an image's guest can be launched and then verified."""

    TDX = "tdx"
    TDX_LITE = "tdx-lite"
    """From its measurement file alone, without fetching the whole image."""
    AMD_SEV_SNP = "amd-sev-snp"


@dataclass(frozen=True)
class StoredImage:
    """A usable image. All paths are resolved and lie inside the image's folder.

    ``bios_sev`` is the firmware of SEV-SNP guests, where it is not ``bios``. ``rootfs_hash``
    and ``ovmf_variant`` are empty where the image doesn't say. ``has_qemu_agent`` says that its
    guests have the QEMU guest agent, and not dstack's.
    """

    name: str
    version: str
    description: str
    is_dev: bool
    digest: str
    size: int
    shared_ro: bool
    has_qemu_agent: bool
    cmdline: str
    kernel: Path
    initrd: Path
    rootfs: Path | None
    hda: Path | None
    bios: Path | None
    pvh_kernel: Path | None
    bios_sev: Path | None
    rootfs_hash: str
    ovmf_variant: str
    material: Material

    @property
    def supports(self) -> tuple[Support, ...]:
        """Firmware and measurements decide; a plain guest needs neither."""
        found = []
        if self.bios:
            found.append(Support.TDX)
            if self.digest and self.material.tdx is not None:
                found.append(Support.TDX_LITE)
        if (self.bios_sev or self.bios) and self.digest and self.material.snp is not None:
            found.append(Support.AMD_SEV_SNP)
        return tuple(found)


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
    material = read_material(folder)
    return StoredImage(
        name=name,
        version=version,
        description=_text(metadata, "description") or json.dumps(metadata, sort_keys=True),
        is_dev=metadata.get("is_dev") is True,
        digest=_digest(folder, material.checksum_file),
        size=sum(path.stat().st_size for path in files),
        shared_ro=metadata.get("shared_ro") is True,
        has_qemu_agent=metadata.get("guest_agent") == "qemu",
        cmdline=_text(metadata, "cmdline"),
        kernel=kernel,
        initrd=initrd,
        rootfs=rootfs,
        hda=artefacts["hda"],
        bios=artefacts["bios"],
        pvh_kernel=artefacts["pvh_kernel"],
        bios_sev=artefacts["bios-sev"],
        rootfs_hash=_text(metadata, "rootfs_hash"),
        ovmf_variant=_ovmf_variant(metadata),
        material=material,
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


def _ovmf_variant(metadata: dict[str, Any]) -> str:
    variant = _text(metadata, "ovmf_variant")
    if variant and variant not in OVMF_VARIANTS:
        raise BrokenImage(
            f"ovmf_variant in metadata.json must be {' or '.join(OVMF_VARIANTS)}, not {variant[:80]!r}"
        )
    return variant


def _digest(folder: Path, checksums: bytes | None) -> str:
    """digest.txt, which must be the SHA-256 of sha256sum.txt; empty where one is missing."""
    text = read_small(folder, "digest.txt")
    if text is None or checksums is None:
        return ""
    digest = text.decode("ascii", "replace").strip()
    if not _DIGEST.match(digest) or hashlib.sha256(checksums).hexdigest() != digest:
        raise BrokenImage("digest.txt is not the SHA-256 of sha256sum.txt")
    return digest
