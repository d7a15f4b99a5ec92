"""Read-only volumes of this host: files in the operator's folder, which compose files name."""

from __future__ import annotations

from pathlib import Path

from vms.compose import Volume
from vms.conf import conf
from vms.errors import Conflict


def resolve(volume: Volume) -> Path:
    """The volume's file, links followed.

    Raises:
        Conflict: the operator configured no folder, or the file isn't there, is none, or lies elsewhere.
    """
    source = volume.source
    folder = conf().cvm.volumes_dir
    if folder is None:
        raise Conflict(
            f"compose_file: verity_volumes: {source!r} is asked for, and this node "
            "has no folder of volumes ([cvm] volumes_dir)"
        )
    where = f"compose_file: verity_volumes: {source!r}"
    try:
        path = (folder / source).resolve(strict=True)
        inside = path.is_relative_to(folder.resolve(strict=True))
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "its links lead nowhere"
        raise Conflict(f"{where} can't be read in {folder} ([cvm] volumes_dir): {why}") from error
    if not inside:
        raise Conflict(f"{where} leads out of {folder} ([cvm] volumes_dir)")
    if not is_file:
        raise Conflict(f"{where} is no regular file in {folder} ([cvm] volumes_dir)")
    if any(character in str(path) for character in ",=") or not str(path).isprintable():
        raise Conflict(f"{where}: its path must hold no comma, '=' or unprintable character: {str(path)!r}")
    return path
