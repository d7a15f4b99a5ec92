"""What is known of tokens' use, and sessions that are over, by the service that keeps them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.access.people import token_of
from tests.waiting import eventually
from vms.access import last_used
from vms.access.tokens import digest_of
from vms.choices import Role
from vms.database import in_database, now_ms
from vms.models import ApiToken

pytestmark = pytest.mark.django_db(transaction=True)


async def used(secret: str) -> tuple[int | None, str]:
    row = await in_database(ApiToken.objects.get, digest=digest_of(secret))
    return row.last_used_at_ms, row.last_used_from


async def test_what_was_noted_is_written_down_at_the_end() -> None:
    first, second = [await in_database(token_of, None, Role.VIEWER) for _ in range(2)]
    token = await in_database(ApiToken.objects.get, digest=digest_of(first))
    stop = asyncio.Event()
    service = asyncio.create_task(last_used.run(stop))
    before = now_ms()
    last_used.last_used.note(token.pk, "192.0.2.1")
    last_used.last_used.note(token.pk, "x" * 200)
    stop.set()
    await service
    at_ms, address = await used(first)
    assert at_ms is not None
    assert before <= at_ms <= now_ms()
    assert address == "x" * 64
    assert await used(second) == (None, "")


async def test_a_token_that_is_gone_troubles_nobody() -> None:
    last_used.last_used.note(4711, "192.0.2.1")
    await in_database(last_used.last_used.write_down)
    assert await in_database(ApiToken.objects.count) == 0


async def test_sessions_that_are_over_are_taken_away() -> None:
    def sessions() -> None:
        for key, hours in (("over", -1), ("good", 1)):
            Session.objects.create(
                session_key=key, session_data="", expire_date=timezone.now() + timedelta(hours=hours)
            )

    await in_database(sessions)
    stop = asyncio.Event()
    service = asyncio.create_task(last_used.run(stop))

    async def taken() -> bool:
        return await in_database(Session.objects.count) == 1

    await eventually(taken)
    stop.set()
    await service
    assert await in_database(lambda: Session.objects.get().session_key) == "good"
