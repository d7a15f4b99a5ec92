"""ListRegistryImages, PullRegistryImage and DeleteImage: what a client sees, over a real registry."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import configure
from tests.images.real_registry import RealRegistry
from tests.images.tiny import tiny_layer
from tests.in_process import InProcess
from tests.waiting import eventually

TAG, NAME = "tiny-0.5.3", "dstack-tiny-0.5.3"


@pytest.fixture
def with_registry(node: InProcess, registry: RealRegistry, settings: Any) -> InProcess:
    """The server with a registry that has one tiny image."""
    configure(settings, registry=registry.registry)
    registry.pusher.layers(TAG, tiny_layer())
    return node


async def listed(vmm: InProcess) -> dict[str, dict[str, Any]]:
    response = await vmm.call("ListRegistryImages")
    assert response.status_code == 200, response.text
    return {image["tag"]: image for image in response.json()["images"]}


async def local(vmm: InProcess) -> set[str]:
    return {image["name"] for image in (await vmm.call("ListImages")).json()["images"]}


async def pulled(vmm: InProcess, tag: str = TAG) -> dict[str, Any]:
    """Pull to the end; how the registry's tag is listed then."""
    response = await vmm.call("PullRegistryImage", {"tag": tag})
    assert (response.status_code, response.content) == (204, b""), response.text

    async def is_over() -> bool:
        return not (await listed(vmm))[tag]["pulling"]

    await eventually(is_over, 20)
    return (await listed(vmm))[tag]


async def test_a_tag_is_listed_pulled_and_can_be_used(with_registry: InProcess, pulled_to: Path) -> None:
    before = {"tag": TAG, "local": False, "pulling": False, "error": ""}
    assert await listed(with_registry) == {TAG: before}
    assert await pulled(with_registry) == before | {"local": True}
    assert NAME in await local(with_registry)
    vm_id = await with_registry.create(image=NAME)
    assert (await with_registry.info(vm_id))["image_version"] == "0.5.3"
    assert sorted(path.name for path in pulled_to.iterdir() if path.is_dir()) == sorted(
        [NAME, with_registry.image]
    )


async def test_signatures_are_hidden_and_names_keep_their_dstack(
    with_registry: InProcess, registry: RealRegistry
) -> None:
    registry.pusher.layers("sha256-0123", tiny_layer())
    registry.pusher.layers("dstack-0.5.3", tiny_layer())
    assert set(await listed(with_registry)) == {TAG, "dstack-0.5.3"}
    await pulled(with_registry, "dstack-0.5.3")
    assert "dstack-0.5.3" in await local(with_registry)


async def test_what_is_here_or_on_its_way_is_not_pulled_again(with_registry: InProcess) -> None:
    await pulled(with_registry)
    response = await with_registry.call("PullRegistryImage", {"tag": TAG})
    assert (response.status_code, response.json()["message"]) == (409, f"image {NAME!r} is here already")


async def test_of_ten_requests_at_once_one_pulls(with_registry: InProcess) -> None:
    answers = await asyncio.gather(
        *(with_registry.call("PullRegistryImage", {"tag": TAG}) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 9


@pytest.mark.parametrize("tag", ["", ".", "../../etc", "a/b", "a b", "x" * 129, "ü", "a\n", "-x", "a..b"])
async def test_what_is_no_tag_is_refused(with_registry: InProcess, tag: str) -> None:
    response = await with_registry.call("PullRegistryImage", {"tag": tag})
    assert response.status_code == 400
    assert response.json()["message"].startswith("tag: ")


async def test_a_missing_tag_fails_with_the_registrys_word(
    with_registry: InProcess, registry: RealRegistry
) -> None:
    assert (await with_registry.call("PullRegistryImage", {"tag": "none"})).status_code == 204
    registry.pusher.layers("none-such", tiny_layer())
    from vms.models import Pull

    async def has_failed() -> bool:
        return await Pull.objects.filter(tag="none", state="failed").aexists()

    await eventually(has_failed, 10)
    pull = await Pull.objects.aget(tag="none")
    assert "there is no" in pull.error
    assert "(404)" in pull.error


@pytest.mark.parametrize("method", ["ListRegistryImages", "PullRegistryImage"])
async def test_without_a_registry_the_setting_is_named(node: InProcess, method: str) -> None:
    response = await node.call(method, {"tag": TAG} if method == "PullRegistryImage" else None)
    assert response.status_code == 409
    assert "registry in [image]" in response.json()["message"]


async def test_a_registry_that_is_away_is_a_502_that_names_it(node: InProcess, settings: Any) -> None:
    configure(settings, registry="127.0.0.1:9/user/image")
    response = await node.call("ListRegistryImages")
    assert response.status_code == 502
    assert "127.0.0.1:9/user/image" in response.json()["message"]


async def test_a_deleted_image_is_gone_from_disk_and_list(with_registry: InProcess, pulled_to: Path) -> None:
    await pulled(with_registry)
    response = await with_registry.call("DeleteImage", {"id": NAME})
    assert (response.status_code, response.content) == (204, b"")
    assert NAME not in await local(with_registry)
    assert not [path for path in pulled_to.iterdir() if path.is_dir() and path.name != with_registry.image]
    assert not (await listed(with_registry))[TAG]["local"]
    assert (await pulled(with_registry))["local"]


async def test_an_image_in_use_is_not_deleted_and_its_vm_is_named(node: InProcess) -> None:
    vm_id = await node.create(name="the-user", stopped=True)
    response = await node.call("DeleteImage", {"id": node.image})
    assert response.status_code == 409
    assert f"VM 'the-user' ({vm_id}, stopped)" in response.json()["message"]
    assert node.image in await local(node)


@pytest.mark.parametrize("name", ["", "no-such", "..", ".", "../images", "/etc", "a/b", ".pull-x"])
async def test_what_is_no_image_is_not_deleted(node: InProcess, name: str) -> None:
    assert (await node.call("DeleteImage", {"id": name})).status_code == 404


async def test_of_a_linked_image_only_the_link_goes(node: InProcess, pulled_to: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (pulled_to / node.image).rename(elsewhere)
    (pulled_to / node.image).symlink_to(elsewhere)
    assert (await node.call("DeleteImage", {"id": node.image})).status_code == 204
    assert not (pulled_to / node.image).is_symlink()
    assert (elsewhere / "metadata.json").is_file()


async def test_an_image_that_is_being_deleted_can_not_be_used(node: InProcess) -> None:
    from vms.models import Image

    await Image.objects.filter(name=node.image).aupdate(deleting=True)
    response = await node.call("CreateVm", node.configuration())
    assert response.status_code in (404, 409)  # 404 where the worker was faster
