"""A file that tells tools on this host which servers run here, and where they listen.

It lies where existing clients look: ``$XDG_RUNTIME_DIR/dstack-vmm/<uuid>.json``, else
``/run/user/<uid>/dstack-vmm/``. It is a convenience: whatever is wrong with that folder is
logged, and never a reason not to start. Other programs write there, too, so nothing in it is
believed but what a file of our own user says about a process.
"""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

logger = logging.getLogger("vmm.discovery")

FOLDER = "dstack-vmm"
MAX_FILES = 1000
MAX_SIZE = 64 * 1024
MAX_PID = 2**22
"""The kernel's PID_MAX_LIMIT on 64-bit machines."""
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json\Z")
_PROC = Path("/proc")


@dataclass(frozen=True)
class About:
    """What is told of a server; paths are absolute, ``address`` is ``unix:PATH`` or ``HOST:PORT``."""

    address: str
    config_file: str | None
    image_path: str
    run_path: str
    node_name: str
    version: str


def folder(environ: Mapping[str, str]) -> Path:
    """Where servers of this user announce themselves."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime if runtime.startswith("/") else f"/run/user/{os.geteuid()}") / FOLDER


class Announcement:
    """This server's file, from ``publish`` to ``withdraw``. Neither ever fails."""

    def __init__(self, where: Path) -> None:
        self._where = where
        self._file: Path | None = None

    def publish(self, about: About) -> None:
        """Write the file, once those of dead servers are gone."""
        try:
            self._where.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_foreign(self._where)
            remove_stale(self._where)
            name = str(uuid.uuid4())
            self._file = self._where / f"{name}.json"
            _write(self._file, {"id": name, **asdict(about), **_process()})
        except (OSError, ValueError) as error:
            logger.warning("tools on this host can't find this server by itself: %s", error)

    def withdraw(self) -> None:
        """Remove the file, if there is one."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.unlink()


def remove_stale(where: Path) -> None:
    """Remove this user's files about processes that are no more; everything else is left alone.

    Raises:
        OSError: the folder can't be read.
    """
    with os.scandir(where) as entries:
        names = [entry.name for entry, _ in zip(entries, range(MAX_FILES), strict=False)]
    for name in names:
        if _NAME.match(name) and _is_stale(where / name):
            with suppress(OSError):
                (where / name).unlink()


def _is_stale(file: Path) -> bool:
    """Whether it is a file of ours that surely tells of a dead process."""
    try:
        content = json.loads(_read_own(file))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    pid = content.get("pid")
    if type(pid) is not int or not 0 < pid <= MAX_PID:
        return False
    if not (_PROC / str(pid)).exists():
        return True
    # The number may be another process's by now. Only this server's own files tell.
    boot, start = content.get("boot_id"), content.get("start_ticks")
    if not isinstance(boot, str) or type(start) is not int:
        return False
    return (boot, start) != (_boot_id(), _start_ticks(pid))


def _read_own(file: Path) -> bytes:
    """Raises OSError for what is no regular file of this user, ValueError where it is too large."""
    # Non-blocking, for a pipe would hold up the start.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise OSError("not a file of this user")
        if found.st_size > MAX_SIZE:
            raise ValueError("too large")
        return opened.read(MAX_SIZE)


def _refuse_foreign(where: Path) -> None:
    """Raises OSError for a folder in which somebody else could put another file in place of ours."""
    found = where.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise OSError(f"{where} is not a folder of this user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(f"others may write to {where}")


def _process() -> dict[str, object]:
    """This process, with what proves later that the pid is still its own."""
    pid = os.getpid()
    return {
        "pid": pid,
        "working_dir": str(Path.cwd()),
        "started_at": int(time.time()),
        "boot_id": _boot_id(),
        "start_ticks": _start_ticks(pid),
    }


def _boot_id() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()


def _start_ticks(pid: int) -> int:
    """When the process began, in clock ticks since boot (proc_pid_stat(5), field 22); -1 if it is gone."""
    try:
        # The name in the second field may hold anything, parentheses too.
        return int((_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return -1


def _write(file: Path, content: dict[str, object]) -> None:
    """Whole or not at all: readers never see half of it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            json.dump(content, opened, indent=2)
        unfinished.rename(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
