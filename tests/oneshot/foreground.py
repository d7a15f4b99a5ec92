"""``manage.py launch`` in the foreground: a real guest whose console is read, and signals that are sent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.oneshot.command import ROOT, Host
from tests.real.server import is_alive, wait_until

BOOT_S = 90.0


class Running:
    """A launch that is under way."""

    def __init__(self, host: Host, request: bytes, *words: str) -> None:
        self.out, self.err = host.data / "console.txt", host.data / "said.txt"
        asked = host.data / "request.json"
        asked.write_bytes(request)
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "launch", str(asked), *words],
                cwd=ROOT,
                env=host.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def console(self) -> str:
        return self.out.read_text(errors="replace")

    def said(self) -> str:
        return self.err.read_text()

    def until_console_has(self, words: str) -> None:
        wait_until(f"{words!r} on the console", lambda: self._lives() and words in self.console(), BOOT_S)

    def until_said(self, words: str) -> None:
        wait_until(f"{words!r}", lambda: words in self.said(), BOOT_S)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for its end; the exit status."""
        return self.process.wait(timeout=BOOT_S)

    def _lives(self) -> bool:
        assert self.process.poll() is None, self.said()
        return True


def qemus(folder: Path) -> list[int]:
    """Pids of every QEMU that works below that folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            works_there = entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(folder)
            if works_there and b"qemu-system" in (entry / "cmdline").read_bytes().split(b"\0")[0]:
                found.append(int(entry.name))
    return [pid for pid in found if is_alive(pid)]


@contextlib.contextmanager
def running(host: Host, request: bytes, *words: str) -> Iterator[Running]:
    """A launch, which is killed at the end if it is still under way."""
    launch = Running(host, request, *words)
    try:
        yield launch
    finally:
        launch.process.kill()
        launch.process.wait()


def end_all(folder: Path) -> None:
    """Leave no QEMU that works below that folder."""
    for pid in qemus(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
