"""Connecting to a Unix socket at once, however deep it lies."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from .errors import NotAnswering


def connect(path: Path) -> socket.socket:
    """A connected, non-blocking stream socket, by way of an open directory: AF_UNIX takes 108 bytes of path.

    Done at once, never waiting: a full backlog, which asyncio would take for a
    connection under way, means that others queue for whoever listens.

    Raises:
        NotAnswering: nobody listens there, or we may not connect.
    """
    try:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise NotAnswering(f"{path.name} is not there") from error
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        connection.connect(f"/proc/self/fd/{folder}/{path.name}")
    except OSError as error:
        connection.close()
        raise NotAnswering(f"nobody answers at {path.name}: {error.strerror}") from error
    finally:
        os.close(folder)
    return connection
