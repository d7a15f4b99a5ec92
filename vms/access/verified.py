"""Credentials that were found right a moment ago, so that not each request asks the database.

Kept in memory by digest, for seconds. Every change of users, accounts or tokens in this
process forgets all of them at once; one made by another process is noticed when the
seconds are over.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from vms.access.principal import Principal

TTL_S = 5.0
MAX_KEPT = 10_000


@dataclass(frozen=True)
class _Entry:
    principal: Principal
    generation: int
    until: float


class Verified:
    """A bounded memory of who was who. From any thread."""

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}
        self._generation = 0
        self._lock = threading.Lock()

    @property
    def generation(self) -> int:
        """Read it before looking at the database: what was read before a change is then not kept after it."""
        return self._generation

    def get(self, key: bytes) -> Principal | None:
        entry = self._entries.get(key)
        if entry is None or entry.generation != self._generation or entry.until < time.monotonic():
            return None
        return entry.principal

    def keep(self, key: bytes, principal: Principal, generation: int, seconds: float = TTL_S) -> None:
        """Remember it for so long, at most ``TTL_S``."""
        entry = _Entry(principal, generation, time.monotonic() + min(seconds, TTL_S))
        with self._lock:
            if len(self._entries) >= MAX_KEPT:
                self._entries.clear()
            self._entries[key] = entry

    def forget_all(self) -> None:
        """Now, and again when the transaction is committed: until then others read the old rows."""
        self.forget_now()
        transaction.on_commit(self.forget_now, robust=True)

    def forget_now(self) -> None:
        """Until now only: for where no transaction runs."""
        with self._lock:
            self._generation += 1
            self._entries.clear()


verified = Verified()
"""The process's only one."""


def forget_on_change(sender: object, **_: Any) -> None:
    """A receiver of Django's signals about users, accounts and tokens."""
    verified.forget_all()
