"""Connections that break, servers that end: a pull goes on where it was, and no half image is ever seen."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import configure
from tests.images.hostile import Breaking, breaking
from tests.images.real_registry import RealRegistry
from tests.images.tiny import FILES, tar, with_checksums
from tests.in_process import services
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.fake import FakeDriver
from vms.images import checksums, download, store
from vms.images import pull as pulling
from vms.images.errors import TryAgain
from vms.images.oci.reference import Repository
from vms.images.pull import Progress
from vms.images.registry import Registry
from vms.images.unpack import Limits
from vms.models import Image, Pull

TAG, NAME = "big", "dstack-big"
SIZE = 3 << 20
CUTS = [0, 1, 300, 5_000, SIZE, *sorted(random.Random(20).sample(range(SIZE), 20))]
"""Where the connection is cut: at the beginning, in the manifest, at the end, and 20 times anywhere."""
LIMITS = Limits(max_size=1 << 30, max_files=100, keep_free=0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(pulling, "FIRST_PAUSE_S", 0.001)


@pytest.fixture
def layer(registry: RealRegistry) -> bytes:
    """An image of some megabytes that can't be packed, in the registry."""
    packed = gzip.compress(tar(with_checksums(FILES | {"hda.img": random.Random(1).randbytes(SIZE)})))
    registry.pusher.layers(TAG, packed)
    return packed


async def pull_through(way: Breaking, images: Path, seen: list[Progress] | None = None) -> None:
    repository = Repository(f"http://127.0.0.1:{way.port}", "dstacktest/guest-image")
    async with asyncio.timeout(60), Registry(repository, images / "no-login") as registry:
        await pulling.pull(registry, TAG, NAME, images, LIMITS, (seen if seen is not None else []).append)


def require_whole(images: Path) -> None:
    """Whatever image is there must be all of it."""
    for found in store.scan(images):
        if found.name == NAME:
            assert found.image is not None, found.problem
            checksums.verify(images / NAME, lambda: None)


@pytest.mark.parametrize("cut", CUTS)
async def test_a_cut_connection_is_taken_up_where_it_broke(
    registry: RealRegistry, layer: bytes, tmp_path: Path, cut: int
) -> None:
    async with breaking(registry.port) as way:
        way.cuts = [1 << 60 if cut > 5_000 else cut, cut, cut]
        seen: list[Progress] = []
        await pull_through(way, tmp_path, seen)
    require_whole(tmp_path)
    assert seen[-1] == Progress(len(layer), len(layer), unpacking=True)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir() and path.name != "registry"] == [NAME]


async def test_many_cuts_fetch_next_to_nothing_twice(
    registry: RealRegistry, layer: bytes, tmp_path: Path
) -> None:
    async with breaking(registry.port) as way:
        way.cuts = [1_000_000] * 4  # tags and manifest share a connection with the blob
        await pull_through(way, tmp_path)
        assert way.connections <= 5
    require_whole(tmp_path)


async def test_a_way_that_is_always_cut_fails_and_the_next_pull_goes_on(
    registry: RealRegistry, layer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with breaking(registry.port) as way:
        way.cuts = [2_000_000] + [200] * 100
        with pytest.raises(TryAgain, match=r"can't be reached|ended at"):
            await pull_through(way, tmp_path)
        require_whole(tmp_path)
        assert not (tmp_path / NAME).exists()
        way.cuts = []
        seen: list[Progress] = []
        await pull_through(way, tmp_path, seen)
        assert seen[0].bytes_done > 1_500_000
    require_whole(tmp_path)


@pytest.mark.parametrize("at", ["downloading", "unpacking"])
async def test_a_cancelled_pull_leaves_no_image_and_goes_on_later(
    registry: RealRegistry, layer: bytes, tmp_path: Path, at: str
) -> None:
    async with breaking(registry.port) as way:
        way.bytes_per_s = 20_000_000
        reached = asyncio.Event()

        class Seen(list[Progress]):
            def append(self, now: Progress) -> None:
                if now.unpacking or (at == "downloading" and now.bytes_done > 1_000_000):
                    reached.set()

        pull = asyncio.create_task(pull_through(way, tmp_path, Seen()))
        await reached.wait()
        pull.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pull
        assert not (tmp_path / NAME).exists()
        await pull_through(way, tmp_path)
    require_whole(tmp_path)


async def test_what_was_spoilt_meanwhile_is_fetched_anew(
    registry: RealRegistry, layer: bytes, tmp_path: Path
) -> None:
    from tests.images.push import digest_of

    blobs = tmp_path / f".pull-{NAME}" / "blobs"
    blobs.mkdir(parents=True)
    blob = blobs / digest_of(layer).removeprefix("sha256:")
    for spoilt in (os.urandom(1_000_000), os.urandom(len(layer)), os.urandom(len(layer) + 5)):
        blobs.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(spoilt)
        async with breaking(registry.port) as way:
            await pull_through(way, tmp_path)
        require_whole(tmp_path)
        assert (tmp_path / NAME / "bzImage").read_bytes() == FILES["bzImage"]
        (tmp_path / NAME).rename(tmp_path / f"x{len(spoilt)}")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("transactional_db")
async def test_a_server_that_ends_at_any_moment_pulls_on_at_its_next_start(
    registry: RealRegistry, layer: bytes, pulled_to: Path, tmp_path: Path, settings: Any, seed: int
) -> None:
    from vms.actions import pulls

    moments = random.Random(seed)
    async with breaking(registry.port) as way:
        way.bytes_per_s = 6_000_000
        configure(settings, registry=f"127.0.0.1:{way.port}/dstacktest/guest-image")
        requested = False
        for _ in range(40):
            async with services(FakeDriver(tmp_path / "vm")):
                if not requested:
                    await in_database(pulls.request, TAG)
                    requested = True
                await asyncio.sleep(moments.uniform(0, 0.25))
                require_whole(conf().image.path)
            require_whole(pulled_to)
            pull = await Pull.objects.aget(tag=TAG)
            assert pull.state in ("queued", "downloading", "unpacking", "done"), pull.error
            if pull.state == "done":
                break
        else:
            pytest.fail("not done after 40 starts")
        assert await Image.objects.filter(name=NAME, problem="").aexists()
    assert (pulled_to / NAME).is_dir()
    assert not (pulled_to / f".pull-{NAME}").exists()
