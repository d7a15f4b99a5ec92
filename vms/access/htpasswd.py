"""The operator's htpasswd file: users that an existing deployment brings along. bcrypt, and only bcrypt.

It is read anew when it has changed. A line that is no such entry lets nobody in; the log names it.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from vms.conf import conf

_ENTRY = re.compile(
    r"(?P<user>[^:\x00-\x1f\x7f]{1,255}):(?P<hash>\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53})"
)
MAX_COST = 15
"""Rounds are 2^cost: beyond that, one login would take seconds."""
MAX_BYTES = 1 << 20
MEANT = 72
"""Bytes of a password that bcrypt looks at; htpasswd(1) leaves out what is beyond, too."""
_log = logging.getLogger("vmm.access")


@dataclass(frozen=True)
class _Read:
    stamp: tuple[int, int, int] | None
    hashes: dict[str, str]


class HtpasswdFile:
    """One file. From any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = _Read(None, {})
        self._lock = threading.Lock()

    def hash_of(self, user: str) -> str | None:
        """That user's hash, as the file has it now; None where it has none."""
        return self._now().get(user)

    def __bool__(self) -> bool:
        """Whether anybody can log in by it."""
        return bool(self._now())

    def _now(self) -> dict[str, str]:
        with self._lock:
            stamp = self._stamp()
            if stamp is None or stamp != self._read.stamp:
                self._read = _Read(stamp, self._entries() if stamp is not None else {})
            return self._read.hashes

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError as error:
            _log.error("auth.htpasswd_file %s lets nobody in: %s", self._path, error.strerror)
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _entries(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            _log.error("auth.htpasswd_file %s lets nobody in: %s", self._path, error.strerror)
            return {}
        found: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            entry = _ENTRY.fullmatch(line.strip())
            if entry is None or int(entry["cost"]) > MAX_COST:
                _log.error(
                    "auth.htpasswd_file %s, line %d lets nobody in: must be user:hash, made by htpasswd -B "
                    "(bcrypt, a cost up to %d)",
                    self._path,
                    number,
                    MAX_COST,
                )
                continue
            found[entry["user"]] = entry["hash"]
        return found


def matches(password: str, hashed: str) -> bool:
    """Whether the hash is that password's; as slow as its cost says."""
    return bcrypt.checkpw(password.encode()[:MEANT], hashed.encode())


def fingerprint(hashed: str) -> str:
    """Tells an entry from a later one of the same user, whose password was changed."""
    return hashlib.sha256(hashed.encode()).hexdigest()


_files: dict[Path, HtpasswdFile] = {}


def configured_file() -> HtpasswdFile | None:
    """The one that ``[auth] htpasswd_file`` names, if any."""
    path = conf().auth.htpasswd_file
    if path is None:
        return None
    return _files.setdefault(path, HtpasswdFile(path))
