"""The audit log's own service: writes what was counted, and takes off what is too old or too much."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from django.db import DatabaseError

from vms.access import audit
from vms.conf import conf
from vms.database import in_database, now_ms, writing
from vms.models import AuditEntry

FLUSH_S = 2.0
PRUNE_S = 600.0
BATCH = 500
"""Entries that one transaction takes off: nobody waits long behind it."""
DAY_MS = 86_400_000
_log = logging.getLogger(__name__)


async def run(stop: asyncio.Event) -> None:
    """Work until told to stop; then write the rest."""
    loop = asyncio.get_running_loop()
    prune_at = loop.time()
    while not stop.is_set():
        await _tried(audit.flush)
        if loop.time() >= prune_at:
            prune_at = loop.time() + PRUNE_S
            await _prune(stop)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), FLUSH_S)
    await in_database(audit.flush, everything=True)


async def _prune(stop: asyncio.Event) -> None:
    taken_off = 1
    while taken_off and not stop.is_set():
        taken_off = await _tried(prune_some)


async def _tried(work: Callable[[], int | None]) -> int:
    """A database that fails now may work later; the server goes on meanwhile."""
    try:
        return await in_database(work) or 0
    except DatabaseError:
        _log.exception("the audit log can't be written; what was counted of refusals is lost")
        return 0


def prune_some() -> int:
    """Take off the oldest entries, up to ``BATCH``, that are over the limits; how many there were.

    ``[audit] max_entries`` are kept, and none for longer than ``max_days``.
    """
    limits = conf().audit
    with writing():
        oldest = list(AuditEntry.objects.order_by("id").values_list("id", "at_ms")[:BATCH])
        too_many = AuditEntry.objects.count() - limits.max_entries
        number = _expendable([at_ms for _, at_ms in oldest], too_many, now_ms() - limits.max_days * DAY_MS)
        if number:
            AuditEntry.objects.shorten(oldest[number - 1][0])
    return number


def _expendable(times_ms: list[int], too_many: int, too_old_ms: int) -> int:
    """How many of these, oldest first, are too old or too many."""
    for number, at_ms in enumerate(times_ms):
        if at_ms >= too_old_ms and number >= too_many:
            return number
    return len(times_ms)
