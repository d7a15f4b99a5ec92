"""The audit log's guard in the database itself, against whatever goes around the models.

Triggers. They are looked after whenever migrations have run, because Django makes a table anew,
without its triggers, when it alters one on SQLite.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from vms.models.audit import ACCEPTED

TABLE = "vms_auditentry"
_FIXED = "id, at_ms, who, role, credential, address, action, vm_id, vm_name, request_id, count"
_WORDS = "the audit log is only ever added to"
_OLDER = f"EXISTS (SELECT 1 FROM {TABLE} WHERE id < OLD.id)"
_SQLITE = {
    "audit_is_fixed": f"BEFORE UPDATE OF {_FIXED} ON {TABLE}",
    "audit_is_completed_once": f"BEFORE UPDATE ON {TABLE} WHEN OLD.result <> {ACCEPTED}",
    # The log grows shorter at its old end only: nothing can be taken out of its middle.
    "audit_is_cut_at_its_end": f"BEFORE DELETE ON {TABLE} WHEN {_OLDER}",
}
_REFUSE = "audit_is_only_added_to"
_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE TRIGGER audit_is_fixed BEFORE UPDATE OF {_FIXED} ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {_REFUSE}();
CREATE OR REPLACE TRIGGER audit_is_completed_once BEFORE UPDATE ON {TABLE}
    FOR EACH ROW WHEN (OLD.result <> {ACCEPTED}) EXECUTE FUNCTION {_REFUSE}();
CREATE OR REPLACE FUNCTION audit_is_cut_at_its_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of what one statement takes off, each row is looked at once all are gone.
    IF EXISTS (SELECT 1 FROM cut WHERE EXISTS (SELECT 1 FROM {TABLE} WHERE {TABLE}.id < cut.id)) THEN
        RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER audit_is_cut_at_its_end AFTER DELETE ON {TABLE}
    REFERENCING OLD TABLE AS cut FOR EACH STATEMENT EXECUTE FUNCTION audit_is_cut_at_its_end();
"""
"""One statement's rows go in no order there: whether the log was cut at its end is asked afterwards.

Emptying the table as a whole (TRUNCATE) is left to its owner, as deleting the file is on SQLite.
"""


def guard(using: str = "default", **_: Any) -> None:
    """Have the database refuse changes to the audit log. A receiver of ``post_migrate``; may be repeated."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
            return
        for name, when in _SQLITE.items():
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {name} {when} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            )
