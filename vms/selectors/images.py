"""Guest images, as ListImages answers them."""

from __future__ import annotations

from typing import Any

from vms.models import Image


def list_images() -> list[dict[str, Any]]:
    """Usable images by name. Broken ones are shown elsewhere, with their reason."""
    images = Image.objects.filter(problem="", deleting=False).order_by("name")
    return [dict(image) for image in images.values("name", "description", "version", "is_dev")]
