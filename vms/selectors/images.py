"""Guest images: as ListImages answers them, and as watchers see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from vms.models import Image, Vm
from vms.selectors.sight import Sight

MAX_NAMED = 3
MAX_TEXT = 500
"""Characters of a description; metadata.json may hold a megabyte of it."""


@dataclass(frozen=True)
class UsedBy:
    """How many VMs that the watcher sees are of an image, and the names of the oldest."""

    count: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageRow:
    """One image of a node as watchers see it.

    ``size`` is in bytes, ``digest`` the SHA-256 of sha256sum.txt in hex or empty, ``supports``
    names of ``vms.images.store.Support``. ``problem`` says why it can't be used, ``delete_error``
    why the last try to delete it failed; both are empty otherwise.
    """

    node: str
    name: str
    version: str
    description: str
    is_dev: bool
    size: int
    digest: str
    supports: list[str]
    problem: str
    deleting: bool
    delete_error: str
    used_by: UsedBy


def list_images(node: str) -> list[dict[str, Any]]:
    """The node's usable images by name. Broken ones are shown elsewhere, with their reason."""
    images = Image.objects.filter(node__name=node, problem="", deleting=False).order_by("name")
    return [dict(image) for image in images.values("name", "description", "version", "is_dev")]


def image_rows(sight: Sight) -> list[ImageRow]:
    """Every image of every node by name, broken ones too; two queries."""
    users = _users(sight)
    found = Image.objects.select_related("node").order_by("name", "node__name")
    return [
        ImageRow(
            node=image.node.name,
            name=image.name,
            version=image.version,
            description=image.description[:MAX_TEXT],
            is_dev=image.is_dev,
            size=image.size,
            digest=image.digest,
            supports=image.supports,
            problem=image.problem,
            deleting=image.deleting,
            delete_error=image.delete_error,
            used_by=users.get((image.node_id, image.name), UsedBy()),
        )
        for image in found
    ]


def encoded_rows(sight: Sight) -> str:
    """The same as JSON text."""
    return orjson.dumps(image_rows(sight)).decode()


def _users(sight: Sight) -> dict[tuple[int, str], UsedBy]:
    """By node and an image's name, who of those that are seen uses it."""
    image = [F("node_id"), F("image")]
    numbered = sight.of(Vm.objects.all()).annotate(
        place=Window(RowNumber(), partition_by=image, order_by=("created_at_ms", "id")),
        count=Window(Count("id"), partition_by=image),
    )
    users: dict[tuple[int, str], UsedBy] = {}
    oldest = numbered.filter(place__lte=MAX_NAMED).order_by("node_id", "image", "place")
    for node_id, name, count, user in oldest.values_list("node_id", "image", "count", "name"):
        known = users.get((node_id, name), UsedBy())
        users[node_id, name] = UsedBy(count, (*known.names, user))
    return users
