"""The host's GPUs and NVSwitches, as sysfs shows them. Reads only.

What can't be read counts as not there: an odd or vanishing device costs no other anything.
Blocking: a device that hangs can hold a read up, so this is not for the event loop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_DEVICES = 65_536
"""As many functions as 256 buses have: more is no machine, and nobody reads it to its end."""
NVIDIA = "10de"
NVSWITCH_CLASS = "0680"
GPU_CLASSES = ("03", "12")
"""Display controllers, and processing accelerators, which is what some AMD GPUs call themselves."""
BUS_MASTER = 0x0004
"""Bit 2 of the command register, which stands at offset 4 of the configuration space."""
_ADDRESS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\Z")
_CPULIST = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*\Z")
_NODE = re.compile(r"node(\d{1,4})\Z")
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,64}\Z")
_VFIO = re.compile(r"(.*[-_])?vfio[-_]pci\Z")
_HARMLESS = re.compile(r"(pcieport|pci-stub)\Z")
"""Drivers that the kernel lets share an IOMMU group with a device that a guest has."""


@dataclass(frozen=True)
class PciDevice:
    """One function. ``slot`` is ``65:00.0``, with its domain in front where that isn't 0000.

    ``product_id`` is vendor:product and ``pci_class`` class and subclass, all in hex;
    ``driver`` is empty where none is bound. ``is_busy``: its bus-master bit is on.
    ``problem`` says why no guest can be given it, and the way out; empty where one can.
    """

    slot: str
    product_id: str
    pci_class: str
    numa_node: int = 0
    iommu_group: int | None = None
    driver: str = ""
    is_busy: bool = False
    problem: str = ""

    @property
    def is_nvidia(self) -> bool:
        return self.product_id.startswith(f"{NVIDIA}:")

    @property
    def is_nvswitch(self) -> bool:
        """NVSwitches are the bridges (of no further kind) that NVIDIA makes."""
        return self.is_nvidia and self.pci_class == NVSWITCH_CLASS


def discover(sysfs: Path, products: Collection[str] = ()) -> tuple[PciDevice, ...]:
    """All display controllers, accelerators and NVSwitches, and whatever else is one of ``products``.

    Sorted by address. ``sysfs`` is ``/sys``, ``products`` are vendor:product in lower case.

    Raises:
        OSError: the folder of devices is there and can't be listed.
    """
    devices = sysfs / "bus/pci/devices"
    found = (_device(devices / address, products) for address in _addresses(devices))
    return tuple(device for device in found if device is not None)


def numa_cpus(sysfs: Path) -> dict[int, str]:
    """The CPUs of each NUMA node that has any, as taskset reads them: ``0-15,32-47``.

    A kernel that knows nothing of NUMA has everything on node 0.
    """
    nodes = sysfs / "devices/system/node"
    found = {
        int(name[1]): _cpulist(nodes / name[0] / "cpulist")
        for name in map(_NODE.match, _names(nodes))
        if name
    }
    found = {node: cpus for node, cpus in found.items() if cpus}
    if found:
        return dict(sorted(found.items()))
    online = _cpulist(sysfs / "devices/system/cpu/online")
    return {0: online} if online else {}


def slot_of(address: str) -> str:
    """A full address as QEMU, lspci and clients write it: domain 0000 goes without saying."""
    return address.removeprefix("0000:")


def _addresses(devices: Path) -> list[str]:
    try:
        names = os.listdir(devices)
    except FileNotFoundError:
        return []  # a host without PCI
    return sorted(name for name in names if _ADDRESS.match(name))[:MAX_DEVICES]


def _device(path: Path, products: Collection[str]) -> PciDevice | None:
    vendor, product, pci_class = (_hex(path / name) for name in ("vendor", "device", "class"))
    if not (len(vendor) == len(product) == 4 and len(pci_class) == 6):
        return None
    device = PciDevice(slot_of(path.name), f"{vendor}:{product}", pci_class[:4])
    is_gpu = device.pci_class.startswith(GPU_CLASSES) or device.product_id in products
    if not (is_gpu or device.is_nvswitch):
        return None
    return _looked_at(path, device)


def _looked_at(path: Path, device: PciDevice) -> PciDevice:
    driver, group = _link(path / "driver"), _iommu_group(path)
    command = _command(path)
    return PciDevice(
        device.slot,
        device.product_id,
        device.pci_class,
        numa_node=_numa_node(path),
        iommu_group=group,
        driver=driver,
        is_busy=bool(command and command & BUS_MASTER),
        problem=_problem(path, driver, group, answers=command is not None),
    )


def _problem(path: Path, driver: str, group: int | None, *, answers: bool) -> str:
    if not answers:
        return "it does not answer on the bus"
    if group is None:
        return "it has no IOMMU group: switch the IOMMU on, in the firmware and for the kernel"
    if not _VFIO.match(driver):
        held = f"the host's driver {driver} has it" if driver else "no driver has it"
        return f"{held}; {_bind(path.name)}"
    for companion in _companions(path):
        its = _link(path.parent / companion / "driver")
        if its and not _VFIO.match(its) and not _HARMLESS.match(its):
            return (
                f"its IOMMU group {group} has {slot_of(companion)} too, of driver {its}; {_bind(companion)}"
            )
    return ""


def _bind(address: str) -> str:
    return f"bind it to vfio-pci (driverctl set-override {address} vfio-pci)"


def _companions(path: Path) -> Iterator[str]:
    """The other functions that the IOMMU can't tell from this one."""
    for name in sorted(_names(path / "iommu_group/devices"))[:MAX_DEVICES]:
        if name != path.name and _ADDRESS.match(name):
            yield name


def _command(path: Path) -> int | None:
    """The command register, None where the device doesn't answer.

    One that sleeps is used by nobody, and reading on could wake it up: it counts as all off.
    """
    if _text(path / "power/runtime_status") == "suspended":
        return 0
    head = _read(path / "config", 64)
    if len(head) < 6 or head[:2] == b"\xff\xff":
        return None
    return int.from_bytes(head[4:6], "little")


def _numa_node(path: Path) -> int:
    """-1 says that the firmware doesn't know: node 0."""
    text = _text(path / "numa_node")
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0


def _iommu_group(path: Path) -> int | None:
    name = _link(path / "iommu_group")
    return int(name) if re.fullmatch(r"[0-9]{1,9}", name) else None


def _cpulist(path: Path) -> str:
    text = _text(path, 8192)
    return text if _CPULIST.match(text) else ""


def _hex(path: Path) -> str:
    """The digits of ``0x10de``; empty for anything else."""
    text = _text(path)
    return text[2:] if re.fullmatch(r"0x[0-9a-f]{4,6}", text) else ""


def _link(path: Path) -> str:
    """The last part of where a symbolic link leads; empty where there is none."""
    try:
        name = os.path.basename(os.readlink(path))
    except OSError:
        return ""
    return name if _WORD.match(name) else ""


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(path: Path, size: int = 128) -> str:
    return _read(path, size).decode("ascii", "replace").strip()


def _read(path: Path, size: int) -> bytes:
    """The first bytes of a file; none where it can't be read, or isn't one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(descriptor, size)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
