"""The audit log's guard in the database itself, against whatever goes around the models.

SQLite's triggers. They are looked after whenever migrations have run, because Django makes a
table anew, without its triggers, when it alters one on SQLite.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from vms.models.audit import ACCEPTED

TABLE = "vms_auditentry"
_FIXED = "id, at_ms, who, role, credential, address, action, vm_id, vm_name, request_id, count"
_TRIGGERS = {
    "audit_is_fixed": f"BEFORE UPDATE OF {_FIXED} ON {TABLE}",
    "audit_is_completed_once": f"BEFORE UPDATE ON {TABLE} WHEN OLD.result <> {ACCEPTED}",
    # The log grows shorter at its old end only: nothing can be taken out of its middle.
    "audit_is_cut_at_its_end": (
        f"BEFORE DELETE ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id < OLD.id)"
    ),
}


def guard(using: str = "default", **_: Any) -> None:
    """Have the database refuse changes to the audit log. A receiver of ``post_migrate``; may be repeated."""
    connection = connections[using]
    if connection.vendor != "sqlite" or TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for name, when in _TRIGGERS.items():
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {name} {when} "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
            )
