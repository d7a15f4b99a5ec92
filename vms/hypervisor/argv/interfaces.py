"""Network interfaces, in the guest's order."""

from __future__ import annotations

from ..network import check_forwards, mac_address, netdev
from ..spec import GuestSpec, HostSettings
from .virtio import virtio_device


def interfaces(spec: GuestSpec, host: HostSettings) -> list[str]:
    check_forwards(spec)
    argv: list[str] = []
    for index, network in enumerate(spec.networks):
        mac = mac_address(spec.vm_id, index, host.mac_prefix)
        argv += ["-netdev", netdev(spec.vm_id, network, index, host)]
        argv += virtio_device(f"virtio-net-pci,netdev=net{index},mac={mac}", spec)
    return argv
