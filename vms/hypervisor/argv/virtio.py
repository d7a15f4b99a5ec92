"""The form of virtio devices."""

from __future__ import annotations

from ..spec import GuestSpec, SevSnp


def virtio_device(device: str, spec: GuestSpec) -> list[str]:
    """``-device`` of a virtio device on PCI.

    An SEV-SNP guest's memory is closed to the host, so its devices must be modern ones
    that go through the guest's own bounce buffers.
    """
    suffix = ",disable-legacy=on,iommu_platform=true" if isinstance(spec.tee, SevSnp) else ""
    return ["-device", device + suffix]
