"""Pulling an image: fetched and unpacked in a folder of its own, checked, and renamed whole.

Everything of a pull is in ``<images>/.pull-<name>``, so whatever ends it in between leaves
no image; what was fetched is kept there, and the next pull of that name goes on with it.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vms import faults
from vms.images import store
from vms.images.checksums import verify
from vms.images.download import download
from vms.images.errors import BadArchive, Busy, NoSpace, PullError, TryAgain
from vms.images.oci.manifest import Layer
from vms.images.registry import Registry
from vms.images.threads import in_thread
from vms.images.unpack import LOOK_AT_SPACE_EVERY, Limits, Unpacker, require_space

PREFIX = ".pull-"
TRIES = 4
FIRST_PAUSE_S = 0.5


@dataclass(frozen=True)
class Progress:
    """How far a pull is: bytes fetched of all, and whether they are being unpacked by now."""

    bytes_done: int
    bytes_total: int
    unpacking: bool = False


async def pull(
    registry: Registry,
    tag: str,
    name: str,
    images_path: Path,
    limits: Limits,
    progress: Callable[[Progress], None],
) -> None:
    """Have the tag's image as ``<images_path>/<name>``, whole and checked, or not at all.

    Cancelling, and errors of the network, keep what was fetched for the next time; after
    any other error nothing is left. ``progress`` is called on the loop, often. Raises PullError.
    """
    with _written(images_path):
        images_path.mkdir(parents=True, exist_ok=True)
        folder = images_path / f"{PREFIX}{name}"
        with _locked(images_path, name):
            try:
                await _pull(registry, tag, folder, images_path / name, limits, progress)
            except (TryAgain, asyncio.CancelledError):
                raise
            except (OSError, PullError):
                await asyncio.to_thread(_remove, folder)
                raise
            await asyncio.to_thread(_remove, folder)


def discard(images_path: Path, name: str) -> None:
    """Remove what a pull of that name left. Blocking. Raises Busy while somebody pulls it."""
    if (images_path / f"{PREFIX}{name}").is_dir():
        with _locked(images_path, name):
            _remove(images_path / f"{PREFIX}{name}")


def left_over(images_path: Path) -> list[str]:
    """Names of images of which a pull left something."""
    if not images_path.is_dir():
        return []
    found = (entry.name for entry in images_path.iterdir() if entry.is_dir() and not entry.is_symlink())
    return sorted(name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX))


async def _pull(
    registry: Registry,
    tag: str,
    folder: Path,
    image: Path,
    limits: Limits,
    progress: Callable[[Progress], None],
) -> None:
    _require_absent(image)
    layers = await _layers(registry, tag)
    total = sum(layer.size for layer in layers)
    if total > limits.max_size:
        raise BadArchive(
            f"the image is {total >> 20} MiB; {limits.max_size >> 20} are allowed ([image] max_size)"
        )
    blobs = folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True, mode=0o700)
    require_space(folder, 2 * total, limits)  # packed, and unpacked at least as much again
    done = looked_at = 0
    for layer in layers:

        def tell(have: int, before: int = done) -> None:
            nonlocal looked_at
            progress(Progress(before + have, total))
            if before + have >= looked_at + LOOK_AT_SPACE_EVERY:
                looked_at = before + have
                require_space(folder, 0, limits)

        faults.point("pull.layer")
        await download(registry, layer, blobs / layer.digest.removeprefix("sha256:"), tell)
        done += layer.size
    faults.point("pull.fetched")
    progress(Progress(total, total, unpacking=True))
    await in_thread(lambda go_on: _unpack(folder, layers, image, limits, go_on))


async def _layers(registry: Registry, tag: str) -> tuple[Layer, ...]:
    for turn in range(TRIES - 1):
        try:
            return await registry.layers(tag)
        except TryAgain:
            await asyncio.sleep(FIRST_PAUSE_S * 2**turn)
    return await registry.layers(tag)


def _unpack(
    folder: Path, layers: tuple[Layer, ...], image: Path, limits: Limits, go_on: Callable[[], None]
) -> None:
    """Unpack, check, rename. The last step is the only one that anybody sees."""
    root = folder / "unpacked" / image.name
    _remove(root.parent)
    root.mkdir(parents=True)
    root.chmod(0o755)
    unpacker = Unpacker(root, limits, go_on)
    for layer in layers:
        with (folder / "blobs" / layer.digest.removeprefix("sha256:")).open("rb") as blob:
            unpacker.add(blob)
        faults.point("pull.unpacked")
    unpacker.finish()
    verify(root, go_on)
    try:
        store.read_image(root.parent, image.name)
    except store.BrokenImage as broken:
        raise BadArchive(str(broken)) from broken
    for directory in (root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())):
        _sync(directory)
    _require_absent(image)
    faults.point("pull.checked")
    root.rename(image)
    faults.point("pull.renamed")
    _sync(image.parent)


def _require_absent(image: Path) -> None:
    if os.path.lexists(image):
        raise PullError(f"image {image.name!r} is here already")


@contextmanager
def _written(images_path: Path) -> Iterator[None]:
    """What goes wrong with files below that path, as an error of the pull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"{images_path} is full ({error.strerror}): make room there, then pull again"
            ) from error
        raise PullError(f"the image can't be written: {error}") from error


@contextmanager
def _locked(images_path: Path, name: str) -> Iterator[None]:
    """Only one process at a time pulls an image. The lock's file stays: it is the lock."""
    with (images_path / f"{PREFIX}{name}.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"image {name!r} is being pulled by another process") from None
        yield


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
