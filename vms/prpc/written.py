"""VMs as they are written on the wire: each row once per revision, not once per request.

``uptime`` and ``exited_at`` count on by the second, so a row that runs is kept in pieces, and put
together once a second. What is kept hangs on the roster's entries and goes with them; all of it
together is bounded, and the oldest goes first.
"""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

import orjson

from vms.elapsed import in_words
from vms.prpc.codecs import as_json
from vms.prpc.proto import vmm_pb2
from vms.selectors import info
from vms.selectors.info import Read
from vms.selectors.roster import Entry

MAX_KEPT = 128 << 20
"""Bytes of all rows that are kept."""


class Written(ABC):
    """One VM's row, as of any moment."""

    def __init__(self, read: Read) -> None:
        self._started_at_ms = read.started_at_ms
        self._exited_at_ms = read.exited_at_ms
        self._counts = not read.started_at_ms is read.exited_at_ms is None
        self._last: tuple[int, bytes] = (-1, b"")

    def at(self, now_ms: int) -> bytes:
        """The row at that moment, ms since 1970, to the second."""
        second = now_ms // 1000 if self._counts else 0
        told, text = self._last
        if told != second:
            uptime, exited_at = in_words(self._started_at_ms, now_ms), in_words(self._exited_at_ms, now_ms)
            text = self._put_together(uptime, exited_at)
            self._last = second, text
        return text

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes, about."""

    @abstractmethod
    def _put_together(self, uptime: str, exited_at: str) -> bytes: ...


class JsonRow(Written):
    """A VmInfo as JSON, cut open where the two times go."""

    # Nothing that a client or a guest says can be equal to it.
    _CUT = secrets.token_hex(16)

    def __init__(self, read: Read) -> None:
        super().__init__(read)
        text = as_json(read.info | {"uptime": self._CUT, "exited_at": self._CUT})
        self._head, self._middle, self._tail = text.split(orjson.dumps(self._CUT))

    @property
    def size(self) -> int:
        return 2 * (len(self._head) + len(self._middle) + len(self._tail))

    def _put_together(self, uptime: str, exited_at: str) -> bytes:
        return b"".join((self._head, orjson.dumps(uptime), self._middle, orjson.dumps(exited_at), self._tail))


class BinaryRow(Written):
    """A VmInfo as protobuf, which takes fields in any order: the two times come last."""

    def __init__(self, read: Read) -> None:
        super().__init__(read)
        values = {name: value for name, value in read.info.items() if name not in ("uptime", "exited_at")}
        self._body = vmm_pb2.VmInfo(**values).SerializeToString()

    @property
    def size(self) -> int:
        return 2 * len(self._body)

    def _put_together(self, uptime: str, exited_at: str) -> bytes:
        return self._body + vmm_pb2.VmInfo(uptime=uptime, exited_at=exited_at).SerializeToString()


def rows(entries: Sequence[Entry], kind: type[Written], *, brief: bool) -> list[Written]:
    """The rows of these VMs, in their order. One that went meanwhile is left out."""
    key = (kind, brief)
    # Looked up once: what is kept may have to make room for the others at any moment.
    found: list[Written | None] = [entry.kept.get(key) for entry in entries]
    missing = [entry for entry, row in zip(entries, found, strict=True) if row is None]
    if not missing:
        return [row for row in found if row is not None]
    made = {read.id: kind(read) for read in info.read(missing, brief=brief)}
    for entry in missing:
        if entry.id in made:
            _shelf.put(entry, key, made[entry.id])
    both = (row or made.get(entry.id) for entry, row in zip(entries, found, strict=True))
    return [row for row in both if row is not None]


class _Shelf:
    """Keeps rows on their entries as long as all together are not too large."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._kept: deque[tuple[Entry, tuple[type[Written], bool], int]] = deque()

    def put(self, entry: Entry, key: tuple[type[Written], bool], row: Written) -> None:
        with self._lock:
            entry.kept[key] = row
            self._kept.append((entry, key, row.size))
            self._size += row.size
            while self._size > MAX_KEPT:
                oldest, its_key, size = self._kept.popleft()
                oldest.kept.pop(its_key, None)
                self._size -= size


_shelf = _Shelf()
