"""Who listens on a TCP port, for the message that it is taken."""

from __future__ import annotations

import os
from pathlib import Path

_LISTEN = "0A"
"""The state LISTEN in /proc/net/tcp (proc(5))."""


def port_holder(port: int) -> str:
    """``"pid 4711 (nginx)"``; empty where it can't be seen, as for another user's process."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, port)}
    if not inodes:
        return ""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            with os.scandir(folder) as entries:
                links = {os.readlink(entry.path) for entry in entries}
            if links & inodes:
                name = (folder.parent / "comm").read_text().strip()
                return f"pid {folder.parent.name} ({name})"
        except OSError:
            continue
    return ""


def _listening(table: str, port: int) -> list[str]:
    try:
        lines = Path("/proc/net", table).read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port]
