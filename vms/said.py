"""What another program said, fit to be passed on in a message of ours."""

from __future__ import annotations

import os
import socket
import ssl

MAX_REASON = 300
"""Characters of it that are kept."""


def one_line(text: str, most: int = MAX_REASON) -> str:
    """One bounded line of what can be read, whatever was sent."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def cause_of(error: BaseException) -> str:
    """Why another server could not be asked.

    The kernel's or the resolver's word for it where there is one: libraries' own are vague.
    """
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, BaseExceptionGroup):
            at = at.exceptions[0]
        if isinstance(at, socket.gaierror):
            return one_line(str(at.strerror))
        if isinstance(at, OSError) and at.errno and not isinstance(at, ssl.SSLError):
            return os.strerror(at.errno)
        at = at.__cause__ or at.__context__
    return one_line(str(error)) or type(error).__name__
