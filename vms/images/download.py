"""Fetching one blob to a file: resumed where a connection broke, checked by size and digest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx

from vms import faults
from vms.images.errors import RegistryFailed, TryAgain
from vms.images.oci.manifest import Layer
from vms.images.registry import Registry
from vms.images.threads import in_thread

BATCH = 1 << 20
PIECE = 64 << 10
TRIES = 6
"""In a row without a byte gained; what gains something begins to count anew."""
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 15.0
SLOW_WINDOW_S = 60.0
SLOW_BYTES = 64 << 10
"""A connection that brings less in that time is taken for broken."""


async def download(registry: Registry, layer: Layer, path: Path, on_bytes: Callable[[int], None]) -> None:
    """Have the blob in ``path``, going on with what is there already.

    ``on_bytes`` is told how many bytes are there. Cancelling leaves what was got, for the
    next time. Raises RegistryFailed; after one that is no TryAgain the file is gone.
    """
    tries, may_begin_anew = 0, True
    while True:
        before = _size(path)
        try:
            await _once(registry, layer, path, on_bytes)
            return
        except TryAgain:
            tries = 1 if _size(path) > before else tries + 1
            if tries >= TRIES:
                raise
            await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** (tries - 1), MAX_PAUSE_S))
        except RegistryFailed:
            path.unlink(missing_ok=True)
            if not before or not may_begin_anew:
                raise
            may_begin_anew = False  # what was there before may have been at fault: once more, from the start
            on_bytes(0)


async def _once(registry: Registry, layer: Layer, path: Path, on_bytes: Callable[[int], None]) -> None:
    with path.open("ab") as file:
        digest = hashlib.sha256()
        have = await asyncio.to_thread(_take_up, path, digest)
        if have > layer.size:
            raise RegistryFailed(
                f"registry {registry.repository}: {_short(layer)} is larger than it should be"
            )
        on_bytes(have)
        if have < layer.size:
            async with registry.blob(layer.digest, have) as response:
                if have and response.status_code == 200:  # all of it, though only the rest was asked for
                    file.truncate(0)
                    digest, have = hashlib.sha256(), 0
                elif have and not _goes_on_at(response, have):
                    raise RegistryFailed(
                        f"registry {registry.repository}: it sends another part than asked for"
                    )
                await _receive(registry, response, layer, file, digest, have, on_bytes)
        if f"sha256:{digest.hexdigest()}" != layer.digest:
            raise RegistryFailed(
                f"registry {registry.repository}: {_short(layer)} has another digest than it should"
            )
        await asyncio.to_thread(os.fsync, file.fileno())
    faults.point("download.synced")


async def _receive(
    registry: Registry,
    response: httpx.Response,
    layer: Layer,
    file: BinaryIO,
    digest: hashlib._Hash,
    have: int,
    on_bytes: Callable[[int], None],
) -> None:
    """Write what comes until all is there. Raises TryAgain for too little, RegistryFailed for too much."""
    batch = bytearray()
    pace = _Pace(registry)

    async def write() -> None:
        data = bytes(batch)
        batch.clear()
        await in_thread(lambda _: _append(file, digest, data))

    try:
        async for piece in response.aiter_raw(PIECE):
            have += len(piece)
            if have > layer.size:
                raise RegistryFailed(
                    f"registry {registry.repository}: {_short(layer)} is larger than it should be"
                )
            batch += piece
            if len(batch) >= BATCH:
                await write()
            on_bytes(have)
            pace.note(len(piece))
    finally:
        # Also what came before a break: the next try goes on from there.
        if batch:
            _append(file, digest, bytes(batch))
    if have < layer.size:
        raise TryAgain(
            f"registry {registry.repository}: {_short(layer)} ended at {have} of {layer.size} bytes"
        )


class _Pace:
    """Raises TryAgain when bytes come too slowly for ever to end."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._since, self._bytes = time.monotonic(), 0

    def note(self, size: int) -> None:
        self._bytes += size
        if time.monotonic() - self._since < SLOW_WINDOW_S:
            return
        if self._bytes < SLOW_BYTES:
            raise TryAgain(f"registry {self._registry.repository}: it sends next to nothing")
        self._since, self._bytes = time.monotonic(), 0


def _goes_on_at(response: httpx.Response, offset: int) -> bool:
    """Whether the answer is the rest that was asked for."""
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {offset}-")


def _take_up(path: Path, digest: hashlib._Hash) -> int:
    with path.open("rb") as file:
        while data := file.read(BATCH):
            digest.update(data)
        return file.tell()


def _append(file: BinaryIO, digest: hashlib._Hash, data: bytes) -> None:
    digest.update(data)
    file.write(data)
    file.flush()
    faults.point("download.appended")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _short(layer: Layer) -> str:
    return f"blob {layer.digest[:19]}…"
