"""Refusals and failures on their way into the audit log: equal ones become one entry with a count.

Anybody can cause them without end, so no request writes one. They are kept in memory, in few
kinds, and written by the keeper: the first of a kind soon, its repeats once a minute. Who causes
many has few entries an hour; while those are used up, the rest is counted on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vms.models import AuditEntry

REPEAT_S = 60.0
BURST = 100
PER_HOUR = 300
"""Entries that one cause (a principal, or all strangers together) gets: at once, and then in an hour."""
MAX_KINDS = 100
"""That are told apart of one cause; more than these become one."""
MAX_CAUSES = 1000
OTHERS = "various"
"""What stands for those that are too many to be told apart."""

Kind = tuple[object, ...]


@dataclass
class _Repeats:
    """One kind: its latest, how many are not written yet, and when some were written last."""

    latest: AuditEntry
    unwritten: int = 0
    written_at: float = float("-inf")


@dataclass
class _Cause:
    """Whoever brings them about: the kinds, and a bucket of entries that fills up slowly."""

    since: float
    entries_left: float = BURST
    kinds: dict[Kind, _Repeats] = field(default_factory=dict)

    def add(self, entry: AuditEntry) -> None:
        if len(self.kinds) >= MAX_KINDS and _kind_of(entry) not in self.kinds:
            entry = _one_of_many(entry)
        repeats = self.kinds.setdefault(_kind_of(entry), _Repeats(entry))
        repeats.latest = entry
        repeats.unwritten += 1

    def due(self, now: float, everything: bool) -> Iterator[AuditEntry]:
        self.entries_left = min(BURST, self.entries_left + (now - self.since) * PER_HOUR / 3600)
        self.since = now
        for kind, repeats in list(self.kinds.items()):
            if now - repeats.written_at < REPEAT_S and not everything:
                continue
            if not repeats.unwritten:
                del self.kinds[kind]
            elif everything or self.entries_left >= 1:
                self.entries_left -= 1
                repeats.latest.count = repeats.unwritten
                repeats.unwritten, repeats.written_at = 0, now
                yield repeats.latest

    @property
    def is_over(self) -> bool:
        return not self.kinds and self.entries_left >= BURST


class Coalesced:
    """From any thread; never waits for the database. Bounded, whatever comes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._causes: dict[str, _Cause] = {}
        self._lock = threading.Lock()

    def add(self, entry: AuditEntry) -> None:
        """Count one; ``entry`` is not saved yet."""
        with self._lock:
            if entry.who not in self._causes and len(self._causes) >= MAX_CAUSES:
                entry.who = OTHERS
            self._causes.setdefault(entry.who, _Cause(self._clock())).add(entry)

    def due(self, *, everything: bool = False) -> list[AuditEntry]:
        """What is to be written now, in no more entries than are allowed; all there is at the very end."""
        now = self._clock()
        with self._lock:
            found = [entry for cause in self._causes.values() for entry in cause.due(now, everything)]
            self._causes = {who: cause for who, cause in self._causes.items() if not cause.is_over}
        return found

    def forget_all(self) -> None:
        with self._lock:
            self._causes.clear()


def _kind_of(entry: AuditEntry) -> Kind:
    return (entry.role, entry.credential, entry.address, entry.action, entry.vm_id, entry.result)


def _one_of_many(entry: AuditEntry) -> AuditEntry:
    return AuditEntry(at_ms=entry.at_ms, who=entry.who, action=OTHERS, result=entry.result)
