"""A host of the test's own: images with all that verifiers need, and a driver that keeps what it is given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from tests.hypervisor.measure.requests import AWS_MEASUREMENT, REPLAY
from vms.conf import conf
from vms.hypervisor.base import Observation
from vms.hypervisor.fake import FakeDriver
from vms.hypervisor.spec import GuestSpec

IMAGE = "dstack-0.5.4"
FILES = {
    "bzImage": b"kernel",
    "initramfs.cpio.gz": b"initrd",
    "rootfs.img.verity": b"rootfs",
    "ovmf.fd": b"firmware",
    "ovmf-sev.fd": b"firmware for SEV",
    "measurement.tdx.cbor": b"tdx",
    "measurement.snp.cbor": b"snp",
    "measurement.gcp.cbor": b"gcp",
    "measurement.gcp.eventlog.bin": b"\0events\xff",
    "measurement.aws.cbor": AWS_MEASUREMENT,
    "measurement.aws.replay.json": json.dumps(REPLAY).encode(),
}
MATERIAL = tuple(name for name in FILES if name.startswith("measurement."))
METADATA = {
    "kernel": "bzImage",
    "initrd": "initramfs.cpio.gz",
    "rootfs": "rootfs.img.verity",
    "bios": "ovmf.fd",
    "bios-sev": "ovmf-sev.fd",
    "cmdline": "console=ttyS0",
    "shared_ro": True,
    "ovmf_variant": "pre202505",
}
LEAST_COMPOSE = {"manifest_version": 2, "name": "hello", "runner": "docker-compose"}


def make_image(
    images: Path, name: str = IMAGE, *, version: str = "0.5.4", without: tuple[str, ...] = (), **metadata: Any
) -> Path:
    """An image with everything there can be beside it, but for the files ``without``."""
    folder = images / name
    folder.mkdir(parents=True)
    files = {file: data for file, data in FILES.items() if file not in without}
    for file, data in files.items():
        (folder / file).write_bytes(data)
    (folder / "metadata.json").write_text(json.dumps(METADATA | {"version": version} | metadata))
    if "sha256sum.txt" not in without:
        sums = checksums(files)
        (folder / "sha256sum.txt").write_bytes(sums)
        (folder / "digest.txt").write_text(hashlib.sha256(sums).hexdigest())
    return folder


def checksums(files: dict[str, bytes] | None = None) -> bytes:
    """``sha256sum.txt`` of an image with these files; of one with all of them."""
    files = FILES if files is None else files
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def compose(**changed: Any) -> str:
    """An app-compose file with these fields."""
    return json.dumps(LEAST_COMPOSE | changed)


class KeepingDriver(FakeDriver):
    """The fake driver, which also keeps the specs that it was given, oldest first."""

    def __init__(self, run_path: Path) -> None:
        super().__init__(run_path)
        self.launched: list[GuestSpec] = []
        self.prepared: list[GuestSpec] = []

    async def prepare(self, spec: GuestSpec) -> None:
        self.prepared.append(spec)
        await super().prepare(spec)

    async def launch(self, spec: GuestSpec) -> Observation:
        self.launched.append(spec)
        return await super().launch(spec)


def whole(spec: GuestSpec) -> dict[str, Any]:
    """All of a spec, with its JSON files read; what can be anything (id, CID, generation) left out."""
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    for name in ("vm_id", "cid", "generation", "image", "run_files", "shared_files"):
        del values[name]
    return values | {name: _read(data) for name, data in {**spec.shared_files, **spec.run_files}.items()}


def _read(data: bytes | None) -> Any:
    try:
        document = json.loads(data or b"null")
    except ValueError:
        return data
    if isinstance(document, dict) and "vm_config" in document:
        document["vm_config"] = json.loads(document["vm_config"])
    return document if data else data


def configure(settings: Any, **cvm: Any) -> None:
    """Give ``[cvm]`` these values."""
    settings.VMM = conf().model_copy(update={"cvm": conf().cvm.model_copy(update=cvm)})
