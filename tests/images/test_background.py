"""Pulls as background work: what watchers see, two at once, and cancelling."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from tests.images.conftest import configure
from tests.images.hostile import Breaking, breaking
from tests.images.real_registry import RealRegistry
from tests.images.tiny import FILES, tar, with_checksums
from tests.in_process import InProcess
from tests.waiting import eventually
from vmm_site.asgi import application
from vms.models import Pull

TAGS = ("one", "two", "three")


@pytest.fixture
async def slow(
    node: InProcess, registry: RealRegistry, settings: Any
) -> AsyncIterator[tuple[InProcess, Breaking]]:
    """A server whose registry has three images and is slow."""
    for tag in TAGS:
        files = FILES | {"hda.img": random.Random(tag).randbytes(1 << 20)}
        registry.pusher.layers(tag, gzip.compress(tar(with_checksums(files))))
    async with breaking(registry.port) as way:
        way.bytes_per_s = 1_000_000
        configure(settings, registry=f"127.0.0.1:{way.port}/dstacktest/guest-image")
        yield node, way


async def states() -> dict[str, str]:
    return {pull.tag: pull.state async for pull in Pull.objects.all()}


async def test_watchers_see_progress_at_most_four_times_a_second(
    slow: tuple[InProcess, Breaking],
) -> None:
    vmm, _ = slow
    socket = WebsocketCommunicator(application, "/ws/status", headers=[(b"host", b"localhost")])
    assert (await socket.connect())[0]
    assert json.loads(await socket.receive_from())["type"] == "snapshot"
    assert (await vmm.call("PullRegistryImage", {"tag": "one"})).status_code == 204
    frames: list[tuple[float, dict[str, Any]]] = []
    while not frames or frames[-1][1]["state"] != "done":
        frame = json.loads(await socket.receive_from(timeout=10))
        if frame["type"] == "images":  # none, and then the one that was pulled
            continue
        assert frame["type"] == "pulls"
        assert len(frame["pulls"]) == 1
        frames.append((time.monotonic(), frame["pulls"][0]))
    await socket.disconnect()
    times = [at for at, _ in frames]
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))
    rows = [row for _, row in frames]
    assert rows[-1].keys() == {
        "tag", "name", "node", "state", "bytes_done", "bytes_total", "error", "started_at", "updated_at"
    }  # fmt: skip
    done = [row["bytes_done"] for row in rows]
    assert done == sorted(done)
    assert any(0 < row["bytes_done"] < row["bytes_total"] for row in rows)


async def test_two_are_pulled_at_once_and_the_third_waits(slow: tuple[InProcess, Breaking]) -> None:
    vmm, _ = slow
    for tag in TAGS:
        assert (await vmm.call("PullRegistryImage", {"tag": tag})).status_code == 204
    most = 0
    while set((now := await states()).values()) != {"done"}:
        assert "failed" not in now.values()
        most = max(most, sum(state in ("downloading", "unpacking") for state in now.values()))
        await asyncio.sleep(0.02)
    assert most == 2
    assert await states() == dict.fromkeys(TAGS, "done")


async def test_deleting_what_is_being_pulled_cancels_it(
    slow: tuple[InProcess, Breaking], pulled_to: Path
) -> None:
    vmm, way = slow
    way.bytes_per_s = 100_000
    await vmm.call("PullRegistryImage", {"tag": "one"})

    async def has_begun() -> bool:
        return (pulled_to / ".pull-dstack-one" / "blobs").is_dir() and (await states())[
            "one"
        ] == "downloading"

    async def is_gone() -> bool:
        return await states() == {}

    await eventually(has_begun, 10)
    assert (await vmm.call("DeleteImage", {"id": "dstack-one"})).status_code == 204
    await eventually(is_gone, 10)
    assert not (pulled_to / ".pull-dstack-one").exists()
    assert not (pulled_to / "dstack-one").exists()
    way.bytes_per_s = 0
    assert (await vmm.call("PullRegistryImage", {"tag": "one"})).status_code == 204


async def test_a_failed_pull_says_why_until_it_is_forgotten(slow: tuple[InProcess, Breaking]) -> None:
    vmm, _ = slow
    assert (await vmm.call("PullRegistryImage", {"tag": "four"})).status_code == 204

    async def has_failed() -> bool:
        return (await states())["four"] == "failed"

    await eventually(has_failed, 10)
    assert (await vmm.call("DeleteImage", {"id": "dstack-four"})).status_code == 204

    async def is_forgotten() -> bool:
        return await states() == {}

    await eventually(is_forgotten, 10)
    assert (await vmm.call("DeleteImage", {"id": "dstack-four"})).status_code == 404
