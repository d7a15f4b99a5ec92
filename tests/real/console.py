"""A root shell on a demo guest's serial console."""

from __future__ import annotations

import time
from pathlib import Path

PATIENCE_S = 60.0


def run(run_dir: Path, shell: str) -> str:
    """What a line typed at the shell prints; waits for its end."""
    # The marks are put together by the shell, so that the echo of what is typed holds none.
    typed = f"printf 'BEG''IN\\n'; {shell}; printf 'E''ND\\n'\n"
    begin = (run_dir / "serial.log").stat().st_size
    with (run_dir / "serial.in").open("r+b", buffering=0) as keyboard:
        keyboard.write(typed.encode())
    deadline = time.monotonic() + PATIENCE_S
    while b"END\r\n" not in (heard := (run_dir / "serial.log").read_bytes()[begin:]):
        assert time.monotonic() < deadline, f"the console said no more than {heard!r}"
        time.sleep(0.05)
    return heard.partition(b"BEGIN\r\n")[2].partition(b"END\r\n")[0].decode().replace("\r\n", "\n")
