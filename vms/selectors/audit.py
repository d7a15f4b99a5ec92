"""Reading the audit log, newest first, in pages that end where the next one begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from vms.models import AuditEntry

MAX_PAGE = 1000
FIELDS = (
    *("id", "at_ms", "who", "role", "credential", "address", "action"),
    *("vm_id", "vm_name", "result", "detail", "request_id", "count"),
)


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; what is empty or 0 excludes none.

    ``action`` is its beginning (``prpc.``, ``login``), ``vm`` an id or a name. ``result`` is an
    HTTP status, or its first digit for all that begin with it. Times are milliseconds since 1970,
    ``since_ms`` included and ``until_ms`` not.
    """

    who: str = ""
    action: str = ""
    vm: str = ""
    result: int = 0
    since_ms: int = 0
    until_ms: int = 0


def entries(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """All entries that fit, newest first."""
    found = AuditEntry.objects.order_by("-id")
    if wanted.who:
        found = found.filter(who=wanted.who)
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.vm:
        found = found.filter(Q(vm_id=wanted.vm) | Q(vm_name=wanted.vm))
    if wanted.result:
        first, last = _statuses(wanted.result)
        found = found.filter(result__gte=first, result__lte=last)
    if wanted.since_ms:
        found = found.filter(at_ms__gte=wanted.since_ms)
    if wanted.until_ms:
        found = found.filter(at_ms__lt=wanted.until_ms)
    return found


def page(wanted: AuditFilter, before: int, size: int) -> tuple[list[dict[str, Any]], int]:
    """Up to ``size`` entries (``MAX_PAGE`` at most) older than entry ``before`` (0: the newest).

    Returns:
        the entries, and ``before`` of the next page; 0 where there is none.
    """
    size = min(size or MAX_PAGE, MAX_PAGE)
    found = entries(wanted).filter(id__lt=before) if before else entries(wanted)
    rows: list[dict[str, Any]] = [dict(row) for row in found.values(*FIELDS)[: size + 1]]
    return rows[:size], rows[size - 1]["id"] if len(rows) > size else 0


def every(wanted: AuditFilter) -> Iterator[dict[str, Any]]:
    """All that fit, read page by page: however many there are, few are in memory."""
    before = 0
    while True:
        rows, before = page(wanted, before, MAX_PAGE)
        yield from rows
        if not before:
            return


def _statuses(result: int) -> tuple[int, int]:
    return (result * 100, result * 100 + 99) if result < 10 else (result, result)
