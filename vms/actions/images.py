"""Rows of images follow the node's image folder, which is the truth; and images can be deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db.models import QuerySet

from vms.access.policy import name_of
from vms.actions import fleet, pulls
from vms.database import writing
from vms.errors import Conflict, NotFound
from vms.live import publish
from vms.models import Image, Node, Pull, Vm


@dataclass(frozen=True)
class ImageFields:
    """What a row holds of an image."""

    name: str
    version: str
    description: str
    is_dev: bool
    digest: str
    size: int
    problem: str
    supports: list[str]


def sync(node_id: int, found: list[ImageFields]) -> bool:
    """Make the node's image rows say what the folder holds; returns whether anything changed."""
    wanted = {image.name: image for image in found}
    known = {image.name: image for image in Image.objects.filter(node_id=node_id)}
    gone = [name for name in known if name not in wanted]
    changed = [
        fields
        for name, fields in wanted.items()
        if name not in known
        or any(getattr(known[name], key) != value for key, value in asdict(fields).items())
    ]
    if not gone and not changed:
        return False
    with writing():
        Image.objects.filter(node_id=node_id, name__in=gone).delete()
        for fields in changed:
            values = asdict(fields)
            Image.objects.update_or_create(node_id=node_id, name=values.pop("name"), defaults=values)
        publish.images_changed()
    return True


def delete(name: str, node_name: str = "") -> int | None:
    """Have an image of that node (none: of this one) deleted; its row's id, which is gone once that is done.

    A pull of that name is cancelled instead, or its failure forgotten, and there is nothing
    to wait for: None.

    Raises:
        NotFound: no such image. Conflict: a VM uses it. Unavailable: nobody is there to do it.
    """
    node = fleet.named(node_name)
    with writing():
        image = Image.objects.filter(node=node, name=name).first()
        pull = Pull.objects.filter(node=node, name=name).first()
        if image is None and pull is None:
            raise NotFound(f"id: no image {name[:80]!r} on node {node.name!r}")
        if image is not None:
            _require_unused(node, name)
            Image.objects.filter(pk=image.pk).update(deleting=True, delete_error="")
            publish.images_changed()
            publish.wake_images(node.pk)
        if pull is not None:
            pulls.cancel(pull)
    return None if image is None else image.pk


def deleted(image_id: int) -> None:
    """Nothing of the image is left on the node."""
    _end_of_deletion(image_id, lambda rows: rows.delete())


def not_deleted(image_id: int, error: str) -> None:
    """The image could not be deleted; why."""
    _end_of_deletion(image_id, lambda rows: rows.update(deleting=False, delete_error=error))


def _end_of_deletion(image_id: int, write: Callable[[QuerySet[Image]], object]) -> None:
    with writing():
        rows = Image.objects.filter(pk=image_id, deleting=True)
        for name in list(rows.values_list("name", flat=True)):
            write(rows)
            publish.images_changed()
            publish.image_changed(name)


def _require_unused(node: Node, name: str) -> None:
    users = list(Vm.objects.filter(node=node, image=name).order_by("created_at_ms", "id")[:4])
    if users:
        named = ", ".join(map(name_of, users[:3]))
        more = ", …" if len(users) > 3 else ""
        raise Conflict(f"image {name!r} is used by {named}{more}; remove it or give it another image first")
