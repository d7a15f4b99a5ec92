"""Pushing images to a registry, as builders do: blobs, a manifest, and an index of several."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import httpx

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar_of(folder: Path) -> bytes:
    """The folder's files as a tar archive, at its root."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    return packed.getvalue()


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Pusher:
    """Pushes to one repository over a client that may."""

    def __init__(self, client: httpx.Client, repository: str) -> None:
        self._client = client
        self._repository = repository

    def folder(self, tag: str, folder: Path) -> None:
        """An image of one gzipped layer."""
        self.layers(tag, gzip.compress(tar_of(folder), compresslevel=1))

    def layers(self, tag: str, *layers: bytes) -> str:
        """An image of these layers; its manifest's digest."""
        return self.manifest(tag, self.manifest_of(*layers), MANIFEST)

    def manifest_of(self, *layers: bytes) -> dict[str, Any]:
        """The manifest of an image whose blobs are now in the registry."""
        config = json.dumps(
            {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
        )
        return {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG} | self.blob(config.encode()),
            "layers": [{"mediaType": LAYER} | self.blob(layer) for layer in layers],
        }

    def blob(self, data: bytes) -> dict[str, Any]:
        """Upload; digest and size as a manifest has them."""
        begun = self._client.post(f"/v2/{self._repository}/blobs/uploads/")
        assert begun.status_code == 202, begun.text
        done = self._client.put(
            begun.headers["Location"],
            params=dict(httpx.URL(begun.headers["Location"]).params) | {"digest": digest_of(data)},
            content=data,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert done.status_code == 201, done.text
        return {"digest": digest_of(data), "size": len(data)}

    def manifest(self, reference: str, document: dict[str, Any], kind: str) -> str:
        """Upload a manifest or an index under a tag or its digest; the digest."""
        body = json.dumps(document).encode()
        reference = reference or digest_of(body)
        put = self._client.put(
            f"/v2/{self._repository}/manifests/{reference}", content=body, headers={"Content-Type": kind}
        )
        assert put.status_code == 201, put.text
        return digest_of(body)

    def index(self, tag: str, entries: list[dict[str, Any]]) -> None:
        """An index of manifests that are in the registry."""
        self.manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX)
