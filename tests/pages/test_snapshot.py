"""``/snapshot``: the same as a websocket's first frames, for whom a proxy keeps websockets away."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.in_process import InProcess
from tests.live.browser import browser
from tests.rows import make_vm


async def test_it_says_what_a_watcher_who_comes_now_is_told(vmm: InProcess) -> None:
    await vmm.create(name="first")
    await vmm.create(name="second", stopped=True)
    response = await vmm.client.get("/snapshot")
    assert response.headers["cache-control"] == "no-store"
    told = {message["type"]: message for message in response.json()["messages"]}
    async with browser() as watcher:
        [snapshot] = watcher.frames
        assert told["snapshot"] == snapshot
        assert watcher.images
        assert told["images"]["images"] == watcher.images
    assert told["pulls"]["pulls"] == []


@pytest.mark.django_db
def test_it_asks_the_database_as_often_for_many_vms_as_for_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_vm()
    with django_assert_num_queries(8):
        answer = client.get("/snapshot").json()
    assert len(answer["messages"][0]["vms"]) == 20


@pytest.mark.django_db
def test_it_is_read_only(client: Client) -> None:
    assert client.post("/snapshot").status_code == 405
