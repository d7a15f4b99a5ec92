"""Asking a program something: bounded in time and in what is kept of its words."""

from __future__ import annotations

import subprocess
from pathlib import Path

MAX_LINE = 200


class Silent(Exception):
    """The program doesn't run, or gives no answer; the message says why, as a clause."""


def said_by(program: Path, *arguments: str, limit_s: float = 5.0, stdin: str = "") -> str:
    """What the program writes to its standard output. Blocking. Raises Silent."""
    try:
        ended = subprocess.run(
            [str(program), *arguments], input=stdin.encode(), capture_output=True, timeout=limit_s, check=True
        )
    except subprocess.TimeoutExpired:
        raise Silent(f"{program} does not end within {limit_s:g} s") from None
    except subprocess.CalledProcessError as error:
        said = last_line(error.stderr) or f"status {error.returncode}"
        raise Silent(f"{program} fails: {said}") from None
    except OSError as error:
        raise Silent(f"{program} does not run ({error.strerror})") from None
    return ended.stdout.decode(errors="replace")


def last_line(output: bytes) -> str:
    """The last line that says something, made readable and short."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    readable = "".join(c if c.isprintable() else " " for c in lines[-1]) if lines else ""
    return readable if len(readable) <= MAX_LINE else readable[: MAX_LINE - 1] + "…"
