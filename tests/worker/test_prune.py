"""Old events go in the background, and a database that is away ends nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.rows import make_node, make_vm
from tests.waiting import eventually
from vms.actions import retention
from vms.conf import conf
from vms.database import in_database, now_ms
from vms.models import Event
from vms.worker import prune as pruning
from vms.worker.prune import prune

pytestmark = pytest.mark.django_db(transaction=True)


def write_old_and_many() -> None:
    old, many = make_vm(), make_vm()
    Event.objects.bulk_create(Event(vm=old, event="e", timestamp_ms=1) for _ in range(30))
    now = now_ms()
    Event.objects.bulk_create(Event(vm=many, event="e", timestamp_ms=now) for _ in range(90))


async def count() -> int:
    return await in_database(Event.objects.count)


async def test_what_is_too_old_or_too_much_goes_soon(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = conf().events.model_copy(update={"max_count": 25, "max_age": 3600.0})
    settings.VMM = conf().model_copy(update={"events": events})
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(pruning, "EVERY_S", 0.01)
    drop_aged, failures = retention.drop_aged, iter([True, False])

    def failing_once() -> bool:
        if next(failures, False):
            raise RuntimeError("database is locked")
        return drop_aged()

    monkeypatch.setattr(retention, "drop_aged", failing_once)
    await in_database(write_old_and_many)
    node = await in_database(make_node)
    task = asyncio.create_task(prune(node.pk))

    async def is_pruned() -> bool:
        return await count() == 25

    try:
        await eventually(is_pruned, timeout_s=10)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
