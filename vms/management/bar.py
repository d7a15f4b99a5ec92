"""How far something is: one line that is drawn again and again on a terminal, and some lines elsewhere."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

WIDTH = 30
REDRAW_S = 0.2


class Bar:
    """Shows what is being done and how many bytes of how many."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._drawn_at = 0.0
        self._what = ""
        self._told = -1

    def show(self, what: str, done: int, total: int) -> None:
        """Draw, if it is time again."""
        is_new = what != self._what
        if not is_new and done < total and time.monotonic() - self._drawn_at < REDRAW_S:
            return
        self._drawn_at, self._what = time.monotonic(), what
        part = done / total if total else 1.0
        size = f"{done / 2**20:.1f} of {total / 2**20:.1f} MiB"
        if self._is_terminal:
            filled = round(part * WIDTH)
            bar = "#" * filled + "." * (WIDTH - filled)
            self._out.write(f"\r[{bar}] {part:4.0%} {size}  {what[:60]}\033[K", ending="")
            self._out.flush()
        elif is_new or int(part * 10) > self._told:
            self._told = int(part * 10)
            self._out.write(f"{part:4.0%} {size}  {what}")

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._drawn_at:
            self._out.write("")
