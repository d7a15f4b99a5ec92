"""Devices that lead to a service of the host: the TPM and vsock."""

from __future__ import annotations

from ..options import whole
from ..spec import GuestSpec, HostSettings
from .virtio import virtio_device

FIRST_GUEST_CID = 3
"""Lower context ids mean the hypervisor, loopback and the host."""

LAST_GUEST_CID = 2**32 - 2
"""The highest number means any context id."""


def tpm(spec: GuestSpec) -> list[str]:
    """A TPM 2.0, emulated by the swtpm that listens in the VM's directory."""
    if not spec.swtpm:
        return []
    return [
        *("-chardev", "socket,id=chrtpm,path=swtpm.sock"),
        *("-tpmdev", "emulator,id=tpm0,chardev=chrtpm"),
        *("-device", "tpm-tis,tpmdev=tpm0"),
    ]


def vsock(spec: GuestSpec, host: HostSettings) -> list[str]:
    """A socket device of the VM's own context id, on hosts that have such."""
    if not host.vsock:
        return []
    cid = whole(spec.cid, FIRST_GUEST_CID, LAST_GUEST_CID, "a CID")
    return virtio_device(f"vhost-vsock-pci,guest-cid={cid}", spec)
