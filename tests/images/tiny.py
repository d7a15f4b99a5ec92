"""The smallest image that is one, and ways to spoil it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

FILES = {
    "bzImage": b"kernel" * 1000,
    "initramfs.cpio.gz": b"initrd" * 1000,
    "metadata.json": json.dumps(
        {"kernel": "bzImage", "initrd": "initramfs.cpio.gz", "version": "0.5.3"}
    ).encode(),
}


def with_checksums(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with their ``sha256sum.txt`` and ``digest.txt``."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    return files | {"sha256sum.txt": sums, "digest.txt": hashlib.sha256(sums).hexdigest().encode() + b"\n"}


def tar(files: dict[str, bytes], *more: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A plain tar archive of these files and, after them, these entries."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry, data in more:
            entry.size = len(data) or entry.size
            archive.addfile(entry, io.BytesIO(data) if data else None)
    return packed.getvalue()


def tiny_layer(*more: tuple[tarfile.TarInfo, bytes], **changed: bytes) -> bytes:
    """A gzipped layer with the whole image; ``changed`` files are not what their checksums say."""
    named = {name: data for name, data in with_checksums(FILES).items()}
    return gzip.compress(tar(named | changed, *more))
