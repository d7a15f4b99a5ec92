"""What is known by now of the request that is being served, for its audit entry and its log lines.

It is bound to the request's context, as the principal is, and filled in where a thing becomes
known: the method by the view, the VM by whoever finds it, the failure by whoever tells of it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

import structlog

UNIX_SOCKET = "unix"


@dataclass
class Trail:
    """One request. ``action`` is empty until somebody says what it is about."""

    address: str = ""
    """Where it came from; empty for the program itself, ``UNIX_SOCKET`` for that."""
    request_id: str = ""
    action: str = ""
    changes: bool = False
    """Whether it is to change something, so that its failure is worth an entry, too."""
    vm_id: str = ""
    vm_name: str = ""
    detail: str = ""
    failure: str = ""
    is_written: bool = False
    """Whether it has its entry already."""


_current: ContextVar[Trail | None] = ContextVar("trail", default=None)


def trail() -> Trail:
    """The trail of what is being done now; outside of any request one that leads nowhere."""
    return _current.get() or Trail()


def begin(new: Trail) -> Trail:
    """From now on, in this context, ``new`` is what is being done."""
    _current.set(new)
    return new


def about_vm(vm_id: str, name: str = "") -> None:
    """What is being done is about that VM; its log lines say so."""
    now = trail()
    now.vm_id, now.vm_name = vm_id, name or now.vm_name
    structlog.contextvars.bind_contextvars(vm=vm_id)
