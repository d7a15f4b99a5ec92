"""A copy of the database while the server writes it, and a look at one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vms.backup.errors import BackupFailed

RESTORED = "restored"
"""In place of the id of the host's boot: whoever finds it starts what should run, as after any boot."""


@dataclass(frozen=True)
class Known:
    """What a database knows of: VMs (id to name), and images (name to digest)."""

    vms: dict[str, str]
    images: dict[str, str]


def copy_database(source: Path, target: Path) -> Known:
    """Copy it as it is at one moment, by SQLite's online backup, and let nothing run in the copy.

    Raises:
        BackupFailed: there is none, or it is damaged.
    """
    if not source.is_file():
        raise BackupFailed(f"there is no database {source}; is this the right data folder (--data)?")
    target.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=60)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            check(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            with copy:
                _switch_off(copy)
            return _known(copy)
    except sqlite3.Error as error:
        raise BackupFailed(f"the database {source} can't be copied: {error}") from error


def check(database: sqlite3.Connection) -> None:
    """Raises BackupFailed for one that is damaged, or none of ours."""
    try:
        (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise BackupFailed(f"the database can't be read: {error}") from error
    if said != "ok":
        raise BackupFailed(f"the database is damaged: {said}")
    if not {"vms_vm", "vms_node", "django_migrations"} <= tables:
        raise BackupFailed("the database is none of this server's")


def check_file(path: Path) -> None:
    """The same of a file, which is not written."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        check(database)


def _switch_off(copy: sqlite3.Connection) -> None:
    copy.execute(
        "UPDATE vms_vm SET actual = 'off', pid = NULL, tpm_pid = NULL, tpm_started_at_ms = NULL, "
        "boot_progress = '', revision = revision + 1 WHERE actual != 'off'"
    )
    copy.execute("UPDATE vms_node SET boot_id = ?, heartbeat_at_ms = 0", (RESTORED,))


def _known(copy: sqlite3.Connection) -> Known:
    return Known(
        vms=dict(copy.execute("SELECT id, name FROM vms_vm ORDER BY created_at_ms, id")),
        images=dict(copy.execute("SELECT name, digest FROM vms_image WHERE problem = '' ORDER BY name")),
    )
