"""The audit log: who did, or was refused, what; when, from where, and how it ended.

What changes something has its entry in the very transaction of the change: there is none
without the other. What is refused or fails changed nothing; it is counted in memory and
written by the keeper, seconds later, so that no flood of it slows anybody or fills the disk.

An entry holds what is harmless only. Whoever fills in ``detail`` names secrets, never quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from vms.access.coalesce import Coalesced
from vms.access.principal import NOBODY, Principal, current
from vms.access.trail import Trail, begin, trail
from vms.database import now_ms, writing
from vms.errors import VmmError
from vms.models import AuditEntry
from vms.models.audit import ACCEPTED

OK = 200
MAX_DETAIL = 1000
T = TypeVar("T")
# Lines and terminals are not to be written by those whom the log is about.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

waiting = Coalesced()
"""Refusals and failures that are not written yet."""


def write(result: int, *, action: str = "", detail: str = "", who: Principal | None = None) -> int:
    """Add the entry of what is being done now; its id. Inside the transaction of the change.

    ``action`` and ``detail`` are the request's own (``trail``) where they are not given.
    """
    entry = _entry(result, action, detail, who)
    entry.save(force_insert=True)
    trail().is_written = True
    return entry.pk


def record(result: int, why: str = "") -> None:
    """The same in a transaction of its own; ``why`` it failed."""
    trail().failure = why
    with writing():
        write(result)


def accept() -> int:
    """Add the entry of what is asked for now and done by somebody else; ``complete`` says how it ended."""
    return write(ACCEPTED)


def complete(entry_id: int, result: int, asked: str, why: str = "") -> None:
    """Say how something ended that was accepted: what was ``asked``, and ``why`` it failed."""
    with writing():
        AuditEntry.objects.complete(entry_id, result, _detail(asked, why))


def note(result: int, *, action: str = "", detail: str = "", who: Principal | None = None) -> None:
    """Count what is being refused, or fails, now. Never waits."""
    waiting.add(_entry(result, action, detail, who))
    trail().is_written = True


def acting(act: Callable[[], T], action: str, about: Trail, result: int = OK) -> T:
    """Do it as one of several things that a request (or a command) is about, each with an entry of its own.

    ``about`` says what it is about; its failure with one of our errors is counted.
    """
    outer = trail()
    begin(replace(about, action=action, address=outer.address, request_id=outer.request_id))
    try:
        with writing():
            done = act()
            write(result)
            return done
    except VmmError as error:
        trail().failure = error.message
        note(error.code)
        raise
    finally:
        begin(outer)


def flush(*, everything: bool = False) -> None:
    """Write what was counted and is due."""
    entries = waiting.due(everything=everything)
    if entries:
        with writing():
            AuditEntry.objects.bulk_create(entries)


def _entry(result: int, action: str, detail: str, who: Principal | None) -> AuditEntry:
    now, who = trail(), who or current()
    is_known = who is not NOBODY
    return AuditEntry(
        at_ms=now_ms(),
        who=_printable(who.name, 200),
        role=who.role if is_known else "",
        credential=who.credential if is_known else "",
        address=now.address[:64],
        action=(action or now.action)[:64],
        vm_id=now.vm_id[:64],
        vm_name=_printable(now.vm_name, 128),
        result=result,
        detail=_detail(detail or now.detail, now.failure),
        request_id=now.request_id[:32],
    )


def _detail(asked: str, why: str) -> str:
    return _printable("; ".join(part for part in (why, asked) if part), MAX_DETAIL)


def _printable(text: str, most: int) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text[:most])
