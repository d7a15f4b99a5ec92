"""Whether an unpacked image is what its own ``digest.txt`` says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from vms.images.errors import BadArchive

MAX_BYTES = 1 << 20
CHUNK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\0][^\0]{0,254})\Z")


def verify(folder: Path, go_on: Callable[[], None]) -> None:
    """Check every file that ``sha256sum.txt`` names, and that ``digest.txt`` is its own SHA-256.

    Blocking, for a thread; ``go_on`` is called often, and raises when it is to end. Raises BadArchive.
    """
    checksums = _read(folder, "sha256sum.txt")
    digest = _read(folder, "digest.txt").decode("ascii", "replace").strip()
    if hashlib.sha256(checksums).hexdigest() != digest:
        raise BadArchive("digest.txt is not the SHA-256 of sha256sum.txt")
    lines = [line for line in checksums.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise BadArchive("sha256sum.txt names no file")
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            raise BadArchive(f"sha256sum.txt has a line that is none of sha256sum's: {line[:100]!r}")
        if _sha256(_inside(folder, match[2]), go_on) != match[1]:
            raise BadArchive(f"{match[2]!r} is not what sha256sum.txt says")


def _inside(folder: Path, name: str) -> Path:
    root = folder.resolve()
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, RuntimeError):
        raise BadArchive(f"sha256sum.txt names {name!r}, which isn't there") from None
    if not path.is_relative_to(root) or not path.is_file():
        raise BadArchive(f"sha256sum.txt names {name!r}, which is no file of the image")
    return path


def _read(folder: Path, name: str) -> bytes:
    path = _inside_or_missing(folder, name)
    if path.stat().st_size > MAX_BYTES:
        raise BadArchive(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    return path.read_bytes()


def _inside_or_missing(folder: Path, name: str) -> Path:
    if not (folder / name).exists():
        raise BadArchive(f"the image has no {name}")
    return _inside(folder, name)


def _sha256(path: Path, go_on: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            go_on()
            digest.update(data)
    return digest.hexdigest()
