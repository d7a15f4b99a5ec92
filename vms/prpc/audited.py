"""Calls of methods, such that no change is without its entry in the audit log."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.db import DatabaseError

from vms.access import audit
from vms.access.policy import Permission
from vms.access.trail import about_vm, trail
from vms.database import in_database, writing
from vms.errors import VmmError
from vms.prpc.methods import Method, Pending, Service
from vms.prpc.methods.base import Values
from vms.prpc.summary import summary

_log = logging.getLogger(__name__)
_OF_A_VM = (Permission.SEE_VM, Permission.STEER_VM, Permission.CHANGE_VM)


def begin(service: Service, method: Method) -> None:
    """From here on it is known what the request is about."""
    now = trail()
    now.action, now.changes = f"{service.path}.{method.name}", method.changes


def call(method: Method, values: Values) -> Any:
    """What the method gives. If it changes something, its entry is written in the same transaction.

    A change that somebody else brings to its end is written down as accepted; how it ended is
    filled in before the request is answered.
    """
    is_of_vm = method.permission in _OF_A_VM
    if is_of_vm and values.get("id"):
        about_vm(values["id"])
    if not method.changes:
        return method.call(values)
    asked = trail().detail = summary(method.message, values, ("id",) if is_of_vm else ())
    with writing():
        outcome = method.call(values)
        if not isinstance(outcome, Pending):
            audit.write(audit.OK)
            return outcome
        entry_id = audit.accept()
    return Pending(partial(_completed, entry_id, asked, outcome.wait))


async def _completed(entry_id: int, asked: str, wait: Callable[[], Awaitable[Any]]) -> Any:
    try:
        value = await wait()
    except Exception as error:
        code, why = (error.code, error.message) if isinstance(error, VmmError) else (500, "internal error")
        await in_database(_complete, entry_id, code, asked, why)
        raise
    await in_database(_complete, entry_id, audit.OK, asked, "")
    return value


def _complete(entry_id: int, result: int, asked: str, why: str) -> None:
    """A database that fails now must not make a failure of what was done: the entry says it was accepted."""
    try:
        audit.complete(entry_id, result, asked, why)
    except DatabaseError:
        _log.exception("audit entry %d could not be completed with %d", entry_id, result)
