"""Frames about images on ``/ws/status``: all of them, with what is wrong and who uses them, as it changes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.in_process import InProcess
from tests.live.browser import Browser, browser
from tests.rows import make_node, make_vm
from vms.choices import Desired
from vms.conf import conf
from vms.database import in_database
from vms.images import remove
from vms.live.hub import hub
from vms.live.images import ImagesFeed
from vms.models import Image
from vms.selectors import images
from vms.selectors.sight import EVERYTHING, Sight

FIELDS = {
    "node",
    "name",
    "version",
    "description",
    "is_dev",
    "size",
    "digest",
    "supports",
    "problem",
    "deleting",
    "delete_error",
    "used_by",
}


async def until(watcher: Browser, holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Read frames until the images are so; those."""
    async with asyncio.timeout(20):
        while watcher.images is None or not holds(watcher.images):
            await watcher.next_images()
        return watcher.images


def named(rows: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((row for row in rows if row["name"] == name), None)


@pytest.fixture
def folder(settings: Any, tmp_path: Path, test_image: str) -> Path:
    """An image folder of the test's own, with the usual image in it."""
    path = tmp_path / "images"
    path.mkdir()
    (conf().image.path / test_image).rename(path / test_image)
    settings.VMM = conf().model_copy(update={"image": conf().image.model_copy(update={"path": path})})
    return path


async def test_after_the_snapshot_come_the_images(folder: Path, vmm: InProcess) -> None:
    async with browser() as watcher:
        [row] = await until(watcher, lambda rows: len(rows) == 1)
    assert row.keys() == FIELDS
    assert (row["name"], row["version"], row["size"]) == (vmm.image, "0.5.3", len("kernel") + len("initrd"))
    assert (row["problem"], row["supports"], row["deleting"]) == ("", [], False)
    assert row["used_by"] == {"count": 0, "names": []}


async def test_a_host_without_images_says_so(folder: Path, vmm: InProcess) -> None:
    await vmm.call("DeleteImage", {"id": vmm.image})
    async with browser() as watcher:
        assert watcher.images == []


@pytest.mark.parametrize("registry", ["", "registry.example/guest-image"])
async def test_the_node_says_which_registry_its_images_come_from(
    vmm: InProcess, settings: Any, registry: str
) -> None:
    image = conf().image.model_copy(update={"registry": registry})
    settings.VMM = conf().model_copy(update={"image": image})
    async with browser() as watcher:
        assert watcher.node["registry"] == registry


async def test_a_broken_image_comes_with_its_reason_and_goes(folder: Path, vmm: InProcess) -> None:
    async with browser() as watcher:
        broken = folder / "dstack-0.5.9"
        broken.mkdir()
        rows = await until(watcher, lambda rows: named(rows, "dstack-0.5.9") is not None)
        row = named(rows, "dstack-0.5.9")
        assert row is not None
        assert row["problem"] == "there is no metadata.json"
        broken.rmdir()
        await until(watcher, lambda rows: named(rows, "dstack-0.5.9") is None)


async def test_who_uses_an_image_is_counted_and_the_oldest_three_are_named(vmm: InProcess) -> None:
    async with browser() as watcher:
        ids = [await vmm.create(name=f"vm-{number}", stopped=True) for number in range(4)]
        [row] = await until(watcher, lambda rows: rows[0]["used_by"]["count"] == 4)
        assert row["used_by"]["names"] == ["vm-0", "vm-1", "vm-2"]
        await vmm.call("RemoveVm", {"id": ids[0]})
        [row] = await until(watcher, lambda rows: rows[0]["used_by"]["count"] == 3)
        assert row["used_by"]["names"] == ["vm-1", "vm-2", "vm-3"]


async def test_who_uses_an_image_changes_with_the_image_of_a_vm(folder: Path, vmm: InProcess) -> None:
    shutil.copytree(folder / vmm.image, folder / "dstack-other-0.5.4")
    async with browser() as watcher:
        await until(watcher, lambda rows: named(rows, "dstack-other-0.5.4") is not None)
        vm_id = await vmm.create(name="moving", stopped=True)
        answer = await vmm.call("UpdateVm", {"id": vm_id, "image": "dstack-other-0.5.4"})
        assert answer.status_code == 200, answer.text
        rows = await until(watcher, lambda rows: rows[0]["used_by"]["names"] == ["moving"])
        assert [row["used_by"]["count"] for row in rows] == [1, 0]


async def test_a_deletion_is_seen_from_its_request_to_its_end(
    folder: Path, vmm: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = remove.remove

    def refused(*_: Any) -> None:
        raise OSError("the disk is read-only")

    monkeypatch.setattr(remove, "remove", refused)
    async with browser() as watcher:
        assert (await vmm.call("DeleteImage", {"id": vmm.image})).status_code == 409
        [row] = await until(watcher, lambda rows: rows[0]["delete_error"] != "")
        assert (row["delete_error"], row["deleting"]) == ("the disk is read-only", False)
        monkeypatch.setattr(remove, "remove", removed)
        assert (await vmm.call("DeleteImage", {"id": vmm.image})).status_code == 204
        assert await until(watcher, lambda rows: rows == []) == []


async def test_what_changed_without_a_hint_is_told_all_the_same(vmm: InProcess) -> None:
    async with browser() as watcher:
        await in_database(lambda: make_vm(name="unheard", image=vmm.image, desired=Desired.STOPPED))
        await hub._images.look()
        await until(watcher, lambda rows: rows[0]["used_by"]["names"] == ["unheard"])


class Member:
    """Somebody who sees these VMs, and what they were told."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.told: list[str] = []

    def images(self, text: str) -> None:
        self.told.append(text)


@pytest.mark.django_db(transaction=True)
async def test_names_of_others_vms_are_told_to_nobody_else(django_user_model: Any, settings: Any) -> None:
    def made() -> int:
        owner = django_user_model.objects.create_user("owner")
        node = make_node()
        Image.objects.create(node=node, name="dstack-0.5.4", version="0.5.4")
        make_vm(node=node, name="secret-project", image="dstack-0.5.4", owner=owner)
        return int(owner.pk)

    owner_id = await in_database(made)
    owner, admin, other, nobody = (
        Member(sight)
        for sight in (
            Sight(everything=False, owner_id=owner_id),
            EVERYTHING,
            Sight(everything=False, owner_id=owner_id + 1),
            Sight(everything=False),
        )
    )
    feed = ImagesFeed(lambda: [owner, admin, other, nobody])
    await feed.look()
    await feed.look()
    assert [len(member.told) for member in (owner, admin, other, nobody)] == [1, 1, 1, 1]
    assert owner.told == admin.told
    assert '"used_by":{"count":1,"names":["secret-project"]}' in owner.told[0]
    assert other.told == nobody.told
    assert '"used_by":{"count":0,"names":[]}' in other.told[0]


@pytest.mark.django_db
def test_any_number_of_vms_costs_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    node = make_node()
    for name in ("dstack-0.5.4", "dstack-0.5.5"):
        Image.objects.create(node=node, name=name, version="0.5.4", description="x" * 2000)
        for number in range(5):
            make_vm(node=node, name=f"{name}-{number}", image=name)
    with django_assert_num_queries(2):
        rows = images.image_rows(EVERYTHING)
    assert [(row.name, row.used_by.count, row.used_by.names[0]) for row in rows] == [
        ("dstack-0.5.4", 5, "dstack-0.5.4-0"),
        ("dstack-0.5.5", 5, "dstack-0.5.5-0"),
    ]
    assert {len(row.description) for row in rows} == {images.MAX_TEXT}
