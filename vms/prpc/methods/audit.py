"""The method that reads the audit log."""

from __future__ import annotations

from typing import Any

from vms.access.policy import Permission
from vms.prpc import access_messages as messages
from vms.prpc.methods.base import Method, Values
from vms.selectors import audit


def _list(values: Values) -> dict[str, Any]:
    before, size = values.pop("before"), values.pop("page_size")
    rows, next_before = audit.page(audit.AuditFilter(**values), before, size)
    return {"entries": rows, "before": next_before}


METHODS = (
    Method(
        "ListAudit",
        Permission.MANAGE_ACCESS,
        messages.ListAuditRequest,
        _list,
        changes=False,
        flat=True,
    ),
)
