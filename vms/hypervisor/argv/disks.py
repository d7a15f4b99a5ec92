"""Disks, in the guest's order: root file system, data disk, volumes.

A format is always said, never probed: a guest could make the disk that it writes look like another.
"""

from __future__ import annotations

from ..options import path_value
from ..spec import GuestSpec
from .virtio import virtio_device


def disks(spec: GuestSpec) -> list[str]:
    return [*_rootfs(spec), *_data_disk(spec), *_volumes(spec)]


def _rootfs(spec: GuestSpec) -> list[str]:
    rootfs = spec.image.rootfs
    return read_only_disk(path_value(rootfs), "hd0", spec) if rootfs is not None else []


def _data_disk(spec: GuestSpec) -> list[str]:
    return [
        *("-drive", "file=hda.img,if=none,id=hd1,format=qcow2"),
        *virtio_device("virtio-blk-pci,drive=hd1", spec),
    ]


def _volumes(spec: GuestSpec) -> list[str]:
    argv: list[str] = []
    for index, source in enumerate(spec.volumes):
        argv += read_only_disk(path_value(source), f"vol{index}", spec)
    return argv


def read_only_disk(file: str, name: str, spec: GuestSpec) -> list[str]:
    """A raw disk that the guest can't write; ``file`` is already fit for an option list."""
    return [
        *("-drive", f"file={file},if=none,id={name},format=raw,readonly=on"),
        *virtio_device(f"virtio-blk-pci,drive={name}", spec),
    ]
