"""Guest images: as ListImages answers them, and as watchers see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from vms.conf import conf
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
    """One image of this node as watchers see it.

    ``size`` is in bytes, ``digest`` the SHA-256 of sha256sum.txt in hex or empty, ``supports``
    names of ``vms.images.store.Support``. ``problem`` says why it can't be used, ``delete_error``
    why the last try to delete it failed; both are empty otherwise.
    """

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


def list_images() -> list[dict[str, Any]]:
    """Usable images by name. Broken ones are shown elsewhere, with their reason."""
    images = Image.objects.filter(problem="", deleting=False).order_by("name")
    return [dict(image) for image in images.values("name", "description", "version", "is_dev")]


def image_rows(sight: Sight) -> list[ImageRow]:
    """Every image of this node by name, broken ones too; two queries."""
    users = _users(sight)
    found = Image.objects.filter(node__name=conf().effective_node_name).order_by("name")
    return [
        ImageRow(
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
            used_by=users.get(image.name, UsedBy()),
        )
        for image in found
    ]


def encoded_rows(sight: Sight) -> str:
    """The same as JSON text."""
    return orjson.dumps(image_rows(sight)).decode()


def _users(sight: Sight) -> dict[str, UsedBy]:
    """By an image's name, who of those that are seen uses it."""
    numbered = sight.of(Vm.objects.filter(node__name=conf().effective_node_name)).annotate(
        place=Window(RowNumber(), partition_by=F("image"), order_by=("created_at_ms", "id")),
        count=Window(Count("id"), partition_by=F("image")),
    )
    users: dict[str, UsedBy] = {}
    oldest = numbered.filter(place__lte=MAX_NAMED).order_by("image", "place")
    for image, count, name in oldest.values_list("image", "count", "name"):
        users[image] = UsedBy(count, (*users.get(image, UsedBy()).names, name))
    return users
