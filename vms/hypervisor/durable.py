"""Writing files so that neither a crash nor a power cut leaves half of one."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from vms import faults

P = ParamSpec("P")
T = TypeVar("T")


EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Of this process or its host, and says nothing of what was asked for: nobody is dead for it."""


def fsync_directory(path: Path) -> None:
    """Make renames and removals in ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes, *, mode: int = 0o600, beside: Path | None = None) -> None:
    """Put ``data`` at ``path``: old content or new, never a mixture, also after a power cut.

    Once it returns, the new content stays; ``beside`` is :func:`put_file`'s.
    """
    put_file(path, data, mode=mode, beside=beside)
    fsync_directory(path.parent)


def put_file(path: Path, data: bytes, *, mode: int = 0o600, beside: Path | None = None) -> None:
    """The same, but a power cut may bring the old content back until the file's folder is synced.

    The temporary file is made in ``beside`` (same file system; default: the file's
    own folder), so that it never shows in a folder that a guest can see and write.
    """
    folder = beside or path.parent
    temporary = folder / f".{path.name}.new"
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    faults.point("file.written")
    temporary.replace(path)
    faults.point("file.renamed")


def read_regular_file(path: Path, limit: int) -> bytes | None:
    """The first ``limit`` bytes of ``path``; ``None`` where no regular file is.

    Never follows a link and never blocks on a pipe, since a guest can write in
    some of the folders read here.

    Raises:
        OSError: it can't be told, for this process can open nothing now.
    """
    return _read(path, limit, os.SEEK_SET)


def read_tail(path: Path, limit: int) -> bytes:
    """The last ``limit`` bytes of ``path``, read as carefully; nothing where no regular file is."""
    return _read(path, limit, os.SEEK_END) or b""


def _read(path: Path, limit: int, whence: int) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            if whence == os.SEEK_END:
                file.seek(max(0, found.st_size - limit))
            return file.read(limit)
    finally:
        os.close(descriptor)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` on a thread; if we are cancelled, wait for its end before giving way.

    So that no repeated call ever meets files that the first is still writing.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
