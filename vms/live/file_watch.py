"""Hearing at once that a file was written to, from the kernel (``inotify(7)``)."""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

_MODIFIED, _NOT_A_LINK = 0x2, 0x02000000
_NONBLOCK, _CLOSE_ON_EXEC = os.O_NONBLOCK, os.O_CLOEXEC
_EVENT = struct.Struct("=iIII")
_libc = ctypes.CDLL(None, use_errno=True)
READ_SIZE = 64 << 10


class FileWatch:
    """Calls ``changed`` on the event loop whenever one of the watched files was written to.

    It is a hint: where the kernel gives no more watches, nothing is heard, and who waits must look by
    themselves now and then. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        self._told: dict[int, set[Callable[[], None]]] = {}

    def add(self, path: Path, changed: Callable[[], None]) -> int | None:
        """Watch the file that is at ``path`` now; its number, or None where it can't be watched."""
        if self._descriptor < 0 and not self._open():
            return None
        number: int = _libc.inotify_add_watch(self._descriptor, os.fsencode(path), _MODIFIED | _NOT_A_LINK)
        if number < 0:
            return None
        self._told.setdefault(number, set()).add(changed)
        return number

    def remove(self, number: int, changed: Callable[[], None]) -> None:
        """Hear of that file no more. May be called twice."""
        told = self._told.get(number, set())
        told.discard(changed)
        if not told and self._told.pop(number, None) is not None:
            _libc.inotify_rm_watch(self._descriptor, number)
        if not self._told:
            self._close()

    def _open(self) -> bool:
        self._descriptor = _libc.inotify_init1(_NONBLOCK | _CLOSE_ON_EXEC)
        if self._descriptor >= 0:
            asyncio.get_running_loop().add_reader(self._descriptor, self._read)
        return self._descriptor >= 0

    def _close(self) -> None:
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> None:
        try:
            events = os.read(self._descriptor, READ_SIZE)
        except BlockingIOError:
            return
        numbers, at = set(), 0
        while at < len(events):
            number, _, _, name_length = _EVENT.unpack_from(events, at)
            numbers.add(number)
            at += _EVENT.size + name_length
        for number in numbers:
            for changed in list(self._told.get(number, ())):
                changed()


watch = FileWatch()
"""The process's only one: there are few of them for a user."""
