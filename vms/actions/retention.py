"""How many events are kept, and how long: ``[events]`` says so.

The number holds at once, with every event that is written: a guest can say a lot. Age, and a
number that was lowered, are seen to in the background, a few rows in a transaction each.
"""

from __future__ import annotations

from vms.conf import conf
from vms.database import now_ms, writing
from vms.models import Event

BATCH = 500
"""So many rows are deleted at a time, at most: other writers wait no longer than that takes."""


def kept() -> int:
    """Events that are kept of one VM; never fewer than are told of it."""
    return max(conf().events.max_count, conf().event_buffer_size)


def drop_surplus(vm_id: str) -> bool:
    """Drop some of a VM's events that are too many, if there are any; whether there may be more."""
    with writing():
        newest = Event.objects.filter(vm=vm_id).order_by("-id").values_list("id", flat=True)
        surplus = list(newest[kept() : kept() + BATCH])
        if surplus:
            Event.objects.filter(id__in=surplus).delete()
    return len(surplus) == BATCH


def drop_aged() -> bool:
    """Drop some of the oldest events if they are too old; whether there may be more.

    Only the first rows are looked at: they were written first.
    """
    max_age = conf().events.max_age
    if not max_age:
        return False
    with writing():
        oldest = list(Event.objects.order_by("id").values_list("id", "timestamp_ms")[:BATCH])
        bound = now_ms() - int(max_age * 1000)
        aged = [number for number, at_ms in oldest if at_ms < bound]
        if aged:
            Event.objects.filter(id__in=aged).delete()
    return len(aged) == BATCH
