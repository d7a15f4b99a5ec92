"""What became of a request to delete an image, and which are to be deleted."""

from __future__ import annotations

from dataclasses import dataclass

from vms.models import Image


@dataclass(frozen=True)
class Deletion:
    """Whether the image is still to be deleted, and why the last try failed."""

    deleting: bool
    delete_error: str


def deletion(image_id: int) -> Deletion | None:
    """How far it is; None once the image is gone."""
    row = Image.objects.filter(pk=image_id).values_list("deleting", "delete_error").first()
    return None if row is None else Deletion(*row)


def to_delete(node_id: int) -> list[tuple[int, str]]:
    """(id, name) of each image that is to be deleted."""
    return list(Image.objects.filter(node=node_id, deleting=True).values_list("id", "name"))
