"""Entries of tar archives, as those write them who want to get out."""

from __future__ import annotations

import tarfile


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.mode = kind, link, mode
    return found


def file(name: str, mode: int = 0o644, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, mode=mode), data


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, tarfile.SYMTYPE, target), b""


def hard_link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, tarfile.LNKTYPE, target), b""


def pax(added: tuple[tarfile.TarInfo, bytes], **records: str) -> tuple[tarfile.TarInfo, bytes]:
    """The entry, with records before it that overrule its header."""
    added[0].pax_headers = records
    return added
