"""Deleting an image's folder, so that it is there whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from vms import faults
from vms.images.store import is_name

PREFIX = ".deleted-"


def remove(images_path: Path, name: str) -> None:
    """Delete ``<images_path>/<name>``, whether or not it is there; of a symbolic link, the link only.

    Blocking. Raises ValueError for what is no image's name, OSError.
    """
    if not is_name(name) or name.startswith("."):
        raise ValueError(f"{name!r} is no image's name")
    folder = images_path / name
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        aside = images_path / f"{PREFIX}{name}-{secrets.token_hex(4)}"
        folder.rename(aside)
        faults.point("image.aside")
        shutil.rmtree(aside)


def clean_up(images_path: Path) -> None:
    """Finish deletions that were cut off. Blocking. Raises OSError."""
    if images_path.is_dir():
        for aside in images_path.iterdir():
            if aside.name.startswith(PREFIX) and aside.is_dir() and not aside.is_symlink():
                shutil.rmtree(aside)
