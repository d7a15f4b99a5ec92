"""Methods about guest images: what the registry has, pulling one, deleting one."""

from __future__ import annotations

import asyncio
from typing import Any

from vms.access.policy import Permission
from vms.actions import images, pulls
from vms.database import in_database
from vms.errors import Conflict, TookTooLong, UpstreamFailed
from vms.images.errors import RegistryFailed, RegistryTimeout
from vms.images.registry import Registry
from vms.live import bus
from vms.live.hub import hub
from vms.prpc import serializers
from vms.prpc.methods.base import Method, Pending, Values
from vms.prpc.methods.elsewhere import asked
from vms.selectors.image_work import deletion
from vms.selectors.pulls import registry_images

LIST_S = 60.0
DELETE_S = 30.0
LOOK_AGAIN_S = 1.0


def _list_registry_images(values: Values) -> Pending:
    node = asked(values)
    repository = pulls.repository()

    async def listed() -> dict[str, Any]:
        try:
            async with asyncio.timeout(LIST_S), Registry(repository) as registry:
                tags = await registry.tags()
        except (TimeoutError, RegistryTimeout):
            raise TookTooLong(f"registry {repository} did not list its tags in time; try again") from None
        except RegistryFailed as error:
            raise UpstreamFailed(str(error)) from error
        return {"images": await in_database(registry_images, node, tags)}

    return Pending(listed)


def _pull(values: Values) -> None:
    pulls.request(values["tag"], values["nodes"])


def _delete(values: Values) -> Pending | None:
    name = values["id"]
    image_id = images.delete(name, asked(values))
    if image_id is None:
        return None

    async def deleted() -> None:
        deadline = asyncio.get_running_loop().time() + DELETE_S
        async with hub.changes_of(bus.image_key(name)) as changed:
            while (now := await in_database(deletion, image_id)) is not None:
                if not now.deleting:
                    raise Conflict(f"image {name!r} could not be deleted: {now.delete_error}")
                if asyncio.get_running_loop().time() > deadline:
                    raise TookTooLong(f"image {name!r} is not deleted after {DELETE_S:g} s; it goes on")
                await _soon(changed)

    return Pending(deleted)


async def _soon(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_AGAIN_S):
            await changed.wait()
    except TimeoutError:
        return
    changed.clear()


METHODS = (
    Method(
        "ListRegistryImages",
        Permission.LOOK,
        serializers.OfNode,
        _list_registry_images,
        changes=False,
        flat=True,
    ),
    Method("PullRegistryImage", Permission.STEER_NODE, serializers.PullRegistryImageRequest, _pull),
    Method("DeleteImage", Permission.STEER_NODE, serializers.DeleteImageRequest, _delete),
)
