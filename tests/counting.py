"""What something costs that is counted, not timed: SQL statements, commits and syncs of all threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


@dataclass
class Counted:
    """``statements`` are in the order in which they were begun."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    syncs: int = 0
    """Of files and folders; the database's own are not among them."""


@contextmanager
def counting() -> Iterator[Counted]:
    """Count what every thread of this process does meanwhile."""
    counted = Counted()
    database: Any = BaseDatabaseWrapper
    execute, commit, fsync = CursorWrapper.execute, database._commit, os.fsync

    def executed(self: Any, sql: str, params: Any = None) -> Any:
        counted.statements.append(str(sql))
        return execute(self, sql, params)

    def committed(self: Any) -> Any:
        counted.commits += 1
        return commit(self)

    def synced(descriptor: int) -> None:
        counted.syncs += 1
        fsync(descriptor)

    with (
        mock.patch.object(CursorWrapper, "execute", executed),
        mock.patch.object(database, "_commit", committed),
        mock.patch.object(os, "fsync", synced),
    ):
        yield counted
