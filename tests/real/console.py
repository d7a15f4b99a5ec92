"""A root shell on a demo guest's serial console."""

from __future__ import annotations

import os
import socket
from pathlib import Path

PATIENCE_S = 60.0


def run(run_dir: Path, shell: str) -> str:
    """What a line typed at the shell prints; waits for its end."""
    # The marks are put together by the shell, so that the echo of what is typed holds none.
    typed = f"printf 'BEG''IN\\n'; {shell}; printf 'E''ND\\n'\n"
    directory = os.open(run_dir, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as serial:
            serial.settimeout(PATIENCE_S)
            serial.connect(f"/proc/self/fd/{directory}/serial.sock")
            serial.sendall(typed.encode())
            heard = b""
            while b"END\r\n" not in heard:
                piece = serial.recv(4096)
                assert piece, f"the console hung up after {heard!r}"
                heard += piece
    finally:
        os.close(directory)
    return heard.partition(b"BEGIN\r\n")[2].partition(b"END\r\n")[0].decode().replace("\r\n", "\n")
