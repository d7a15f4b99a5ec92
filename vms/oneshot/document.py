"""A plan as JSON, for programs; docs/launch.md describes it."""

from __future__ import annotations

from typing import Any

from vms.oneshot.plan import Plan


def as_json(plan: Plan) -> dict[str, Any]:
    """The document that ``--dry-run --json`` writes. Bytes that are no UTF-8 are ``{"hex": …}``."""
    chosen = plan.chosen
    return {
        "id": chosen.vm_id,
        "cid": chosen.cid,
        "created_at_ms": chosen.created_at_ms,
        "argv": list(plan.argv),
        "files": {name: _content(data) for name, data in plan.files.items()},
        "measured": dict(plan.measured),
        "refused": list(plan.refused),
        "notes": list(plan.notes),
    }


def _content(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}
