"""The audit log is written, and kept from growing for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from tests.waiting import eventually
from vms.access import audit, keeper
from vms.access.keeper import BATCH, DAY_MS, prune_some
from vms.access.principal import NOBODY
from vms.conf import conf
from vms.database import in_database, now_ms
from vms.models import AuditEntry


def limited(settings: Any, **limits: int) -> None:
    changed = conf().audit.model_copy(update=limits)
    settings.VMM = conf().model_copy(update={"audit": changed})


def written(number: int, *, days_ago: float = 0) -> None:
    at_ms = now_ms() - int(days_ago * DAY_MS)
    AuditEntry.objects.bulk_create(
        AuditEntry(at_ms=at_ms, who=f"at-{number}", action="x", result=200) for number in range(number)
    )


@pytest.mark.django_db
class TestPruning:
    def test_nothing_is_taken_off_within_the_limits(self, settings: Any) -> None:
        limited(settings, max_entries=1000, max_days=30)
        written(10, days_ago=29)
        assert prune_some() == 0
        assert AuditEntry.objects.count() == 10

    def test_what_is_too_old_is(self, settings: Any) -> None:
        limited(settings, max_entries=1000, max_days=30)
        written(4, days_ago=31)
        written(3, days_ago=1)
        assert prune_some() == 4
        assert AuditEntry.objects.count() == 3
        assert prune_some() == 0

    def test_the_oldest_of_too_many_are_in_small_batches(self, settings: Any) -> None:
        limited(settings, max_entries=1000, max_days=30)
        written(1000 + BATCH + 7)
        last = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[:1000]
        kept = set(last)
        assert [prune_some(), prune_some(), prune_some()] == [BATCH, 7, 0]
        assert set(AuditEntry.objects.values_list("id", flat=True)) == kept


@pytest.mark.django_db(transaction=True)
class TestService:
    async def test_it_writes_what_is_due_and_prunes(self, settings: Any) -> None:
        limited(settings, max_entries=1000, max_days=30)
        await in_database(lambda: written(3, days_ago=31))
        audit.note(401, action="x", who=NOBODY)
        stop = asyncio.Event()

        async def only_the_refusal() -> bool:
            return await in_database(lambda: [one.who for one in AuditEntry.objects.all()]) == ["nobody"]

        service = asyncio.create_task(keeper.run(stop))
        await eventually(only_the_refusal, 20)
        stop.set()
        await service

    async def test_at_the_end_nothing_is_lost(self) -> None:
        stop = asyncio.Event()
        stop.set()
        for _ in range(3):
            audit.note(401, action="x", who=NOBODY)
        await keeper.run(stop)
        assert await in_database(lambda: [*AuditEntry.objects.values_list("who", "count")]) == [("nobody", 3)]

    async def test_a_database_that_fails_does_not_end_the_service(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = 0

        def failing(**_: Any) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise OperationalError("disk full")
            stop.set()

        stop = asyncio.Event()
        monkeypatch.setattr(audit, "flush", failing)
        monkeypatch.setattr(keeper, "FLUSH_S", 0.01)
        async with asyncio.timeout(20):
            await keeper.run(stop)
        assert calls >= 2
