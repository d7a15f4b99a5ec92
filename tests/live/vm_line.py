"""A VM's serial line without a VM: a pipe that keys come by, and a log, as QEMU has them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path


class Line:
    """QEMU's end."""

    def __init__(self, run_dir: Path) -> None:
        (run_dir / "serial.in").unlink(missing_ok=True)
        os.mkfifo(run_dir / "serial.in")
        self._keys = os.open(run_dir / "serial.in", os.O_RDWR | os.O_NONBLOCK)
        self._log = os.open(run_dir / "serial.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._typed = b""

    @property
    def typed(self) -> bytes:
        """All that came by the pipe."""
        with contextlib.suppress(BlockingIOError):
            self._typed += os.read(self._keys, 1 << 20)
        return self._typed

    def prints(self, data: bytes) -> None:
        os.write(self._log, data)

    def ends(self) -> None:
        """QEMU is gone; its log stays."""
        os.close(self._keys)
        os.close(self._log)


@contextlib.asynccontextmanager
async def line(run_dir: Path) -> AsyncIterator[Line]:
    """A line with somebody at its other end until the end."""
    opened = Line(run_dir)
    try:
        yield opened
    finally:
        opened.ends()
