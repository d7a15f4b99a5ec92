"""The demo image for tests: built once, kept between test runs, shared by every suite."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from vms.images.demo import build_demo_image


def test_cache() -> Path:
    """Where tests keep what is dear to make: ``$VMM_TEST_CACHE``, else ``.bootstrap/`` in the repository."""
    chosen = os.environ.get("VMM_TEST_CACHE")
    return Path(chosen) if chosen else Path(__file__).resolve().parent.parent / ".bootstrap"


test_cache.__test__ = False  # type: ignore[attr-defined]  # a place, not a test


@cache
def demo_image_dir() -> Path:
    """Folder of the demo image. Its parent is an images directory with this one image in it.

    The first call on a machine takes some seconds and needs Debian's package sources; later ones,
    also of other test runs at the same time, find the image there. Raises DemoImageError.
    """
    place = test_cache()
    return build_demo_image(
        place / "images",
        cache_dir=place / "packages",
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201 - pytest captures it
    )
