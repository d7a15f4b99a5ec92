"""Who is there: every VM at its revision, in order, read anew only where something changed.

Lists are asked for far more often than they change. So the ids, what is searched, and whatever
others made of a row (``Entry.kept``) stay in memory from one request to the next. Whether they still
hold is asked of the database itself, at every use: SQLite counts what other connections committed
(``data_version``) and what this one changed (``total_changes``). Where either moved, ids and revisions
are compared, and only rows with another revision are read again. On another database they are
compared every time. Inside a transaction nothing is remembered: it may be rolled back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from vms.conf import conf
from vms.models import Event, Image, Vm
from vms.selectors.sight import Sight

MAX_NAMED = 500
"""Of more VMs than these it is cheaper to read what belongs to all than to name each in the query."""
_SEARCHED = ("name", "id", "app_id", "image")


@dataclass(eq=False, slots=True)
class Entry:
    """One VM at one revision. Another revision is another entry.

    ``oldest_event`` is the id of the oldest event that was read for it, if any was: events are also
    dropped for their age, without a change of the VM. ``kept`` holds what others made of the row.
    """

    id: str
    created_at_ms: int
    revision: int
    owner_id: int | None
    node_id: int
    searched: tuple[str, ...]
    image_version: str
    oldest_event: int | None = None
    kept: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """Status's request: empty means all; ``page`` starts at 1, and 0 (of either) means no paging."""

    ids: tuple[str, ...] = ()
    brief: bool = False
    keyword: str = ""
    page: int = 0
    page_size: int = 0


class Roster:
    """All VMs, oldest first, as of one moment."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)
        self.by_id = {entry.id: entry for entry in self.entries}

    def find(self, vm_id: str, sight: Sight) -> Entry | None:
        """One VM, if it is seen."""
        entry = self.by_id.get(vm_id)
        return entry if entry is not None and sight.includes(entry.owner_id) else None

    def select(self, wanted: Filter, sight: Sight) -> tuple[Sequence[Entry], int]:
        """Of what is seen the page that is wanted, and how many match before paging."""
        found: Sequence[Entry] = self.entries
        if wanted.ids:
            there = {self.by_id[vm_id] for vm_id in wanted.ids if vm_id in self.by_id}
            found = sorted(there, key=lambda entry: (entry.created_at_ms, entry.id))
        if not sight.everything:
            found = [entry for entry in found if sight.includes(entry.owner_id)]
        if wanted.keyword:
            found = [entry for entry in found if any(wanted.keyword in text for text in entry.searched)]
        if not (wanted.page and wanted.page_size):
            return found, len(found)
        first = (wanted.page - 1) * wanted.page_size
        return found[first : first + wanted.page_size], len(found)


_remembered = Roster()
_configured: Any = None
_lock = threading.Lock()
_seen = threading.local()


def current() -> Roster:
    """Who is there now. One query where nothing changed on another database than SQLite, none on SQLite."""
    global _remembered, _configured
    if connection.in_atomic_block:
        return _read(Roster())
    stamp = _stamp()
    if stamp is not None and getattr(_seen, "stamp", None) == stamp:
        return _remembered
    with _lock:
        # What is kept of rows depends on the settings, too; only tests change them.
        before = _remembered if _configured is conf() else Roster()
        _configured, _remembered = conf(), _read(before)
        _seen.stamp = stamp
        return _remembered


def _stamp() -> tuple[Any, ...] | None:
    """Equal to this thread's last one as long as nothing was committed; None where nobody counts."""
    if connection.vendor != "sqlite":
        return None
    connection.ensure_connection()
    raw: Any = connection.connection
    return raw, raw.execute("PRAGMA data_version").fetchone()[0], raw.total_changes, conf()


def _read(before: Roster) -> Roster:
    """Compare with the database, and read what is new there."""
    first_event = Event.objects.order_by("id").values_list("id", flat=True).first() or 0
    versions = {(node, name): text for node, name, text in _image_versions()}

    def holds(entry: Entry | None, created_at_ms: int, revision: int) -> bool:
        return (
            entry is not None
            and (entry.created_at_ms, entry.revision) == (created_at_ms, revision)
            and (entry.oldest_event is None or entry.oldest_event >= first_event)
            and entry.image_version == versions.get((entry.node_id, entry.searched[-1]), "")
        )

    # Both are in one index, in this order: no row is touched.
    there = list(Vm.objects.order_by("created_at_ms", "id").values_list("created_at_ms", "id", "revision"))
    old = before.by_id
    news = [vm_id for created, vm_id, revision in there if not holds(old.get(vm_id), created, revision)]
    fresh = _entries(news, versions) if news else {}
    found = (fresh.get(vm_id) or old.get(vm_id) for _, vm_id, _ in there)
    # One that went since it was counted is in neither.
    return Roster(entry for entry in found if entry is not None)


def _entries(ids: list[str], versions: dict[tuple[int, str], str]) -> dict[str, Entry]:
    vms = Vm.objects.all() if len(ids) > MAX_NAMED else Vm.objects.filter(pk__in=ids)
    rows = vms.values_list("id", "created_at_ms", "revision", "owner_id", "node_id", *_SEARCHED)
    return {
        vm_id: Entry(
            vm_id, created, revision, owner, node, tuple(searched), versions.get((node, searched[-1]), "")
        )
        for vm_id, created, revision, owner, node, *searched in rows.order_by()
    }


def _image_versions() -> list[tuple[int, str, str]]:
    return list(Image.objects.values_list("node_id", "name", "version"))
