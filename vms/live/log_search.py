"""Finding text in a log, from its end to its beginning, a bounded piece at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vms.hypervisor.log_files import Boot
from vms.live.log_text import without_escapes
from vms.live.logs import lines_before

MAX_SEARCH = 4 << 20
"""Bytes that one request looks at."""
PIECE = 256 << 10
MAX_LINE_TOLD = 1000
"""Characters."""


@dataclass(frozen=True)
class Found:
    """The last line with the text, or None; ``searched_to`` is set where there is more before it."""

    position: int | None = None
    line: str = ""
    searched_to: int | None = None


def find(log: Path, boot: Boot, text: str, before: int) -> Found:
    """The last line that ends at or before ``before`` and contains ``text``, in whatever case.

    Escape sequences are no part of a line. A line of more than 256 KiB is looked at in pieces.
    """
    wanted = text.casefold()
    position = min(before, boot.end)
    floor = position - MAX_SEARCH
    while position > max(boot.start, floor):
        begin, data = lines_before(log, boot, position, PIECE)
        if not data:
            return Found()
        if _may_hold(data, wanted):
            at = begin + len(data)
            for line in reversed(_lines(data)):
                at -= len(line)
                shown = without_escapes(line).decode(errors="replace").rstrip("\r\n")
                if wanted in shown.casefold():
                    return Found(at, shown[:MAX_LINE_TOLD])
        position = begin
    return Found(searched_to=position) if position > boot.start else Found()


def _lines(data: bytes) -> list[bytes]:
    """Lines end with a newline only: a console returns its carriage as it likes."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _may_hold(data: bytes, wanted: str) -> bool:
    """A quick look, which spares most pieces the slow one."""
    return not wanted.isascii() or wanted.encode() in without_escapes(data).lower()
