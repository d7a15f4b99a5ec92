"""Every failure as one of our errors, with a message that names the field."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError
from rest_framework import exceptions
from rest_framework.response import Response

from vms.errors import Invalid, MethodNotAllowed, TooLarge, Unavailable, VmmError

_log = logging.getLogger(__name__)
MAX_FIELDS_NAMED = 5


def from_validation(error: exceptions.ValidationError) -> Invalid:
    """One line that names each wrong field: ``ports[0].host_port: must be …``."""
    lines = _flatten("", error.detail)
    more = f" (and {len(lines) - MAX_FIELDS_NAMED} more)" if len(lines) > MAX_FIELDS_NAMED else ""
    return Invalid("; ".join(lines[:MAX_FIELDS_NAMED]) + more)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. Views answer our own errors themselves; bugs go on to become a 500."""
    if isinstance(error, exceptions.APIException):
        return Response({"code": error.status_code, "message": str(error.detail)}, status=error.status_code)
    return None


def as_vmm_error(error: Exception) -> VmmError | None:
    """The error of ours that stands for a library's, or None for a bug."""
    if isinstance(error, VmmError):
        return error
    if isinstance(error, OperationalError):
        # The database can't be written or reached now: a full disk, a lost server. No bug of ours.
        _log.error("the database failed: %s", error)
        return Unavailable(f"the database does not work now ({error}); nothing was recorded")
    if isinstance(error, exceptions.ValidationError):
        return from_validation(error)
    if isinstance(error, exceptions.MethodNotAllowed):
        return MethodNotAllowed(str(error.detail))
    if isinstance(error, exceptions.APIException):
        return TooLarge(str(error.detail)) if error.status_code == 413 else Invalid(str(error.detail))
    return None


def _flatten(where: str, detail: Any) -> list[str]:
    if isinstance(detail, dict):
        lines: list[str] = []
        for name, inner in detail.items():
            joined = f"{where}{name}" if name.startswith("[") or not where else f"{where}.{name}"
            lines += _flatten(joined, inner)
        return lines
    reasons = detail if isinstance(detail, list) else [detail]
    return [f"{where or 'request'}: {reason}" for reason in reasons]
