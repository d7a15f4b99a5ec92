"""GPUs, and the switches between them, given to the guest as they are (VFIO)."""

from __future__ import annotations

from itertools import chain

from ..options import pci_slot
from ..spec import GuestSpec

ROOT_BUS = "pcie.0"


def gpus(spec: GuestSpec) -> list[str]:
    """Each GPU, then each NVSwitch, behind a root port of its own; nothing without a GPU."""
    if not spec.gpus:
        return []
    on_gpus_bus = ((gpu.slot, _bus(gpu.numa_node, spec)) for gpu in spec.gpus)
    on_root_bus = ((slot, ROOT_BUS) for slot in spec.bridges)
    argv = ["-object", "iommufd,id=iommufd0"]
    for number, (slot, bus) in enumerate(chain(on_gpus_bus, on_root_bus), start=1):
        argv += _passed_through(number, slot, bus)
    return argv


def _bus(numa_node: int, spec: GuestSpec) -> str:
    return f"pcie.node{numa_node}" if spec.hugepages else ROOT_BUS


def _passed_through(number: int, slot: str, bus: str) -> list[str]:
    return [
        *("-device", f"pcie-root-port,id=pci.{number},bus={bus},chassis={number}"),
        *("-device", f"vfio-pci,host={pci_slot(slot)},bus=pci.{number},iommufd=iommufd0"),
    ]
