"""What happened to a VM, all that is kept of it."""

from __future__ import annotations

from typing import Any

from vms.models import Event

MOST = 1000
"""So many are told at a time, the newest: a body has up to 4 KiB."""
_LARGEST = 2**63 - 1
"""No number of a row is larger."""


def after(vm_id: str, number: int) -> list[dict[str, Any]]:
    """The events that came after the one of that number (0: all), oldest first; of many the newest."""
    newest = Event.objects.filter(vm=vm_id, id__gt=min(number, _LARGEST)).order_by("-id")[:MOST]
    found = newest.values_list("id", "event", "body", "timestamp_ms")
    return [
        {"number": event_id, "event": event, "body": body, "timestamp": at_ms}
        for event_id, event, body, at_ms in reversed(list(found))
    ]
