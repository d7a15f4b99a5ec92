"""Rows of images follow the node's image folder, which is the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from vms.database import writing
from vms.models import Image


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
    return True
