"""What a guest writes on its serial console, as it comes, to a terminal or a file."""

from __future__ import annotations

import asyncio
from io import FileIO
from pathlib import Path

from vms.live.log_text import Cleaner
from vms.live.logs import CHUNK

POLL_S = 0.1


class Console:
    """Copies the log of one run, which QEMU writes, to ``out``, unbuffered.

    With ``ansi`` the guest's escape sequences go along, which a terminal obeys; else they are left out.
    """

    def __init__(self, log: Path, out: FileIO, *, ansi: bool) -> None:
        self._log = log
        self._out = out
        self._cleaner = Cleaner(ansi)
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Nothing more will come: copy what is left, and finish."""
        self._ended.set()

    async def copy(self) -> None:
        """Until :meth:`end`. Raises OSError where nobody takes it any more."""
        with self._log.open("rb") as log:
            while True:
                is_over = self._ended.is_set()
                while data := log.read(CHUNK):
                    # A terminal may be stopped, a pipe be full: the VM is looked after meanwhile.
                    await asyncio.to_thread(self._write, self._cleaner.clean(data))
                if is_over:
                    break
                await _sleep_or(self._ended)
        await asyncio.to_thread(self._write, self._cleaner.finish())

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._out.write(rest) :]


async def _sleep_or(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            await event.wait()
    except TimeoutError:
        pass
