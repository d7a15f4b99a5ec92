"""Manifests: which one of an index is ours, and what layers it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vms.images.errors import RegistryFailed

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
PLATFORM = ("linux", "amd64")
MAX_LAYERS = 128
MAX_INDEX = 1000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Layer:
    """A blob: its digest (``sha256:…``) and its size in bytes."""

    digest: str
    size: int


def is_index(document: dict[str, Any]) -> bool:
    """Whether this lists manifests, one for each platform."""
    return "manifests" in document


def choose(document: dict[str, Any]) -> str:
    """The digest of our platform's manifest in an index. Raises RegistryFailed.

    Attestations, which builders put beside the images, are none.
    """
    entries = document["manifests"]
    if not isinstance(entries, list) or len(entries) > MAX_INDEX:
        raise RegistryFailed("the index of manifests is none")
    images = [entry for entry in entries if isinstance(entry, dict) and not _is_attestation(entry)]
    ours = [entry for entry in images if _platform(entry) == PLATFORM]
    if not ours and len(images) == 1 and _platform(images[0]) == ("", ""):
        ours = images
    if not ours:
        there = ", ".join(sorted({"/".join(_platform(entry)) for entry in images})[:10])
        raise RegistryFailed(f"there is no image for {'/'.join(PLATFORM)}, only for {there or 'nothing'}")
    return _digest(ours[0])


def layers_of(document: dict[str, Any]) -> tuple[Layer, ...]:
    """The layers of a manifest, lowest first. Raises RegistryFailed."""
    layers = document.get("layers")
    if not isinstance(layers, list) or not 0 < len(layers) <= MAX_LAYERS:
        raise RegistryFailed(f"the manifest has no layers, or more than {MAX_LAYERS}")
    return tuple(_layer(layer) for layer in layers)


def _layer(entry: Any) -> Layer:
    if not isinstance(entry, dict):
        raise RegistryFailed("a layer of the manifest is no object")
    size = entry.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**63:
        raise RegistryFailed("a layer of the manifest has no size")
    return Layer(_digest(entry), size)


def _digest(entry: dict[str, Any]) -> str:
    digest = entry.get("digest")
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        raise RegistryFailed("the manifest names a digest that is no SHA-256")
    return digest


def _platform(entry: dict[str, Any]) -> tuple[str, str]:
    platform = entry.get("platform")
    if not isinstance(platform, dict):
        return "", ""
    return str(platform.get("os", ""))[:20], str(platform.get("architecture", ""))[:20]


def _is_attestation(entry: dict[str, Any]) -> bool:
    annotations = entry.get("annotations")
    is_marked = isinstance(annotations, dict) and "vnd.docker.reference.type" in annotations
    return is_marked or _platform(entry) == ("unknown", "unknown")
