"""Recorded machines: a text of a few lines each, unpacked into a sysfs of their own.

A recording says ``node N CPUS`` for each NUMA node and, for each PCI function:
``ADDRESS CLASS VENDOR:PRODUCT NUMA GROUP DRIVER COMMAND [suspended]``, ``-`` where there is
none. Files and links stand where the kernel puts them (Documentation/ABI/testing/sysfs-bus-pci).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RECORDINGS = Path(__file__).parent / "machines"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.txt"))
MEMORY = 0x0002
BUS_MASTER = 0x0004


class Machine:
    """A sysfs under ``root`` that can be changed as a host is."""

    def __init__(self, root: Path) -> None:
        self.sysfs = root
        self.devices = root / "bus/pci/devices"
        self.devices.mkdir(parents=True)

    def add(
        self,
        address: str,
        pci_class: str,
        product: str,
        numa: str = "-1",
        group: str = "-",
        driver: str = "-",
        command: str = "0000",
        status: str = "active",
    ) -> None:
        """Plug a function in; values as a recording writes them."""
        there = self.sysfs / f"devices/pci{address[:7]}" / address
        (there / "power").mkdir(parents=True)
        vendor, device = product.split(":")
        (there / "vendor").write_text(f"0x{vendor}\n")
        (there / "device").write_text(f"0x{device}\n")
        (there / "class").write_text(f"0x{pci_class}00\n")
        (there / "numa_node").write_text(f"{numa}\n")
        (there / "power/runtime_status").write_text(f"{status}\n")
        (there / "config").write_bytes(
            bytes.fromhex(vendor)[::-1]
            + bytes.fromhex(device)[::-1]
            + bytes.fromhex(command)[::-1]
            + bytes.fromhex("1000a100" + pci_class[2:] + pci_class[:2])
            + bytes(52)
        )
        _link(self.devices / address, there)
        if group != "-":
            folder = self.sysfs / "kernel/iommu_groups" / group
            (folder / "devices").mkdir(parents=True, exist_ok=True)
            _link(folder / "devices" / address, there)
            _link(there / "iommu_group", folder)
        self.bind(address, driver)

    def bind(self, address: str, driver: str) -> None:
        """Let another driver of the host have the function (``-``: none)."""
        link = self.devices / address / "driver"
        link.unlink(missing_ok=True)
        if driver != "-":
            folder = self.sysfs / "bus/pci/drivers" / driver
            folder.mkdir(parents=True, exist_ok=True)
            _link(link.parent.resolve() / "driver", folder)

    def command(self, address: str, command: int) -> None:
        """What stands in the command register now."""
        config = self.devices / address / "config"
        head = bytearray(config.read_bytes())
        head[4:6] = command.to_bytes(2, "little")
        config.write_bytes(head)

    def unplug(self, address: str) -> None:
        """The device vanishes, and its IOMMU group's link to it."""
        there = (self.devices / address).resolve()
        group = there / "iommu_group/devices" / address
        group.unlink(missing_ok=True)
        (self.devices / address).unlink()
        shutil.rmtree(there)


def unpack(name: str, root: Path) -> Machine:
    """The recorded machine of that name, below ``root``."""
    machine = Machine(root)
    for line in (RECORDINGS / f"{name}.txt").read_text().splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] == "node":
            node = machine.sysfs / f"devices/system/node/node{words[1]}"
            node.mkdir(parents=True)
            (node / "cpulist").write_text(f"{words[2] if len(words) > 2 else ''}\n")
        else:
            machine.add(*words)
    return machine


def _link(link: Path, target: Path) -> None:
    """A relative one, as sysfs has them."""
    link.symlink_to(os.path.relpath(target.resolve(), link.parent.resolve()))
