"""A listener at every fault point that ends the process where a test wants it.

It listens only where a file ``only-for-tests`` lies in the data folder, which nobody has by
accident. A name in the folder's file ``fault`` has the process end by SIGKILL at that point;
``name 3`` at its third time. A name in ``hold`` has it wait there for as long as ``fault.fired`` lies there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from vms import faults

MARK = "only-for-tests"
ARMED = "fault"
FIRED = "fault.fired"
HELD = "hold"
TRACE = "trace"


class Executioner:
    """Ends the process at the point that the data folder names; notes points where ``trace`` lies there."""

    def __init__(self, data: Path) -> None:
        self._armed, self._fired, self._trace = data / ARMED, data / FIRED, data / TRACE
        self._held = data / HELD
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            if self._trace.exists():
                with self._trace.open("a") as trace:
                    trace.write(f"{name}\n")
            if self._armed.exists() and self._is_meant(name):
                self._armed.rename(self._fired)
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()
            if self._held.exists() and self._held.read_text() == name:
                self._held.rename(self._fired)
                while self._fired.exists():
                    time.sleep(0.01)

    def _is_meant(self, name: str) -> bool:
        wanted, _, left = self._armed.read_text().strip().partition(" ")
        if wanted != name:
            return False
        if left and int(left) > 1:
            beside = self._armed.with_suffix(".new")
            beside.write_text(f"{name} {int(left) - 1}")
            beside.replace(self._armed)
            return False
        return True


def begin() -> None:
    """Listen. Ends the process where the data folder isn't meant for it."""
    data = Path(os.environ.get("VMM_DATA", "/nonexistent"))
    if not (data / MARK).is_file():
        sys.exit(f"only for tests: there is no {data / MARK}")
    faults.listen(Executioner(data))
