"""The VM's ``shared/`` folder, as the guest sees it."""

from __future__ import annotations

from ..spec import GuestSpec, ShareMode
from .disks import read_only_disk
from .virtio import virtio_device

SHARE_LABEL = "DSTACKSHR"
"""What guests find the folder's FAT file system by."""


def host_share(spec: GuestSpec) -> list[str]:
    """The folder as a 9p file system, or as a FAT disk."""
    match spec.share_mode:
        case ShareMode.NINEP:
            readonly = "on" if spec.image.shared_ro else "off"
            return [
                "-virtfs",
                f"local,path=shared,mount_tag=host-shared,readonly={readonly},security_model=mapped,id=virtfs0",
            ]
        case ShareMode.VVFAT:
            return [
                *("-blockdev", f"driver=vvfat,node-name=vvfat0,read-only=on,dir=shared,label={SHARE_LABEL}"),
                *virtio_device("virtio-blk-pci,drive=vvfat0", spec),
            ]
        case ShareMode.VHD:
            return read_only_disk("shared.img", "hd2", spec)
