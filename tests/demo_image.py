"""The demo image for tests: built once, kept between test runs, shared by every suite."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from vms.images.demo import build_demo_image


@cache
def demo_image_dir() -> Path:
    """Folder of the demo image. Its parent is an images directory with this one image in it.

    It is kept in ``$VMM_TEST_CACHE``, else in ``.bootstrap/`` in the repository. The first call on
    a machine takes some seconds and needs Debian's package sources; later ones, also of other
    test runs at the same time, find the image there. Raises DemoImageError.
    """
    repository = Path(__file__).resolve().parent.parent
    kept = Path(os.environ.get("VMM_TEST_CACHE") or repository / ".bootstrap")
    return build_demo_image(
        kept / "images",
        cache_dir=kept / "packages",
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201 - pytest captures it
    )
