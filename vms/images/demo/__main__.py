"""``python -m vms.images.demo DIR``: builds the demo image into DIR without a configured server."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from vms.images.demo import DemoImageError, build_demo_image


def main() -> int:
    """Returns 0 when the image is there, 1 when it cannot be built (the reason goes to stderr)."""
    parser = argparse.ArgumentParser(prog="python -m vms.images.demo", description=__doc__)
    parser.add_argument("directory", type=Path, help="images directory, in which the image's folder appears")
    parser.add_argument(
        "--cache", type=Path, default=default_cache(), help="where packages are kept [%(default)s]"
    )
    parser.add_argument("--force", action="store_true", help="build even if the image is there")
    options = parser.parse_args()
    try:
        image = build_demo_image(
            options.directory, cache_dir=options.cache, progress=_say, force=options.force
        )
    except (DemoImageError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    _say(str(image))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def default_cache() -> Path:
    """The user's cache folder, by the XDG base directory rules."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dstack-demo-packages"


if __name__ == "__main__":
    sys.exit(main())
