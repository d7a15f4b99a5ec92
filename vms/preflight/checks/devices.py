"""Huge pages, and handing PCI devices to guests."""

from __future__ import annotations

import os
import re
from pathlib import Path

from vms.preflight.finding import Outcome, note, ok, problem, skipped, warning
from vms.preflight.host import Host

HUGE_MOUNT = "/dev/hugepages"
"""Where VMs with huge pages take them from."""
NO_GPUS = skipped("not looked at: enabled in [cvm.gpu] is false")
_PAGES = re.compile(r"node(\d+)/hugepages/hugepages-(\d+)kB\Z")


def huge_pages(host: Host) -> Outcome:
    """How many there are and how many are free, on each NUMA node, and where they are mounted."""
    totals = _huge_pages(host)
    if not any(total for total, _ in totals.values()):
        return note(
            "none reserved: VMs that ask for huge pages won't start",
            "to reserve 8 GiB: sudo sysctl vm.nr_hugepages=4096 (2 MiB each; keep it in /etc/sysctl.d)",
            prevents=True,
        )
    if not _is_mounted(host):
        return warning(
            f"reserved, but {HUGE_MOUNT} is no hugetlbfs",
            f"sudo mkdir -p {HUGE_MOUNT}; sudo mount -t hugetlbfs hugetlbfs {HUGE_MOUNT}",
            prevents=True,
        )
    figures = [
        f"node {node}: {free} of {total} pages of {_size(size)} free"
        for (node, size), (total, free) in sorted(totals.items())
        if total
    ]
    if not any(free for _, free in totals.values()):
        return note(
            "; ".join(figures), "stop a VM that has them, or reserve more: sudo sysctl vm.nr_hugepages=…"
        )
    return ok("; ".join(figures))


def iommu(host: Host) -> Outcome:
    """Without an IOMMU no device can be given away safely, and vfio refuses to."""
    if not host.config.cvm.gpu.enabled:
        return NO_GPUS
    groups = host.path("sys/kernel/iommu_groups")
    count = sum(1 for _ in groups.iterdir()) if groups.is_dir() else 0
    if count == 0:
        parameter = "intel_iommu=on" if host.cpu_vendor == "GenuineIntel" else "amd_iommu=on"
        return problem(
            "no IOMMU is in use",
            "switch VT-d or AMD-Vi on in the firmware's setup, and boot with the kernel parameter "
            f"{parameter}",
        )
    return ok(f"{count} groups")


def vfio(host: Host) -> Outcome:
    """The driver that hands devices to QEMU, and iommufd, which QEMU uses it by."""
    if not host.config.cvm.gpu.enabled:
        return NO_GPUS
    if not host.path("sys/bus/pci/drivers/vfio-pci").is_dir():
        return problem(
            "the driver vfio-pci is not loaded",
            "sudo modprobe vfio-pci; echo vfio-pci | sudo tee /etc/modules-load.d/vfio-pci.conf",
        )
    device = host.path("dev/iommu")
    if not device.exists():
        return problem(f"there is no {device}", "sudo modprobe iommufd (Linux 6.6 or newer, CONFIG_IOMMUFD)")
    user = host.config.cvm.user
    if not user and not os.access(device, os.R_OK | os.W_OK, effective_ids=True):
        return problem(
            f"{device} can't be opened by this user", f"sudo chgrp kvm {device}; sudo chmod 660 {device}"
        )
    return ok(f"vfio-pci is loaded and {device} is there")


def gpus(host: Host) -> Outcome:
    """The devices that VMs may have are there, and no driver of this host holds them."""
    if not host.config.cvm.gpu.enabled:
        return NO_GPUS
    found = _offered(host)
    if not found:
        listing = ", ".join(host.config.cvm.gpu.listing) or "nothing"
        return warning(
            f"no PCI device is one of listing or include in [cvm.gpu] (listing: {listing})",
            "see what there is: lspci -nn | grep -i nvidia, and add the vendor:product to listing",
            prevents=True,
        )
    held = {slot: driver for slot, driver in found.items() if driver != "vfio-pci"}
    if held:
        names = ", ".join(f"{slot} ({driver or 'no driver'})" for slot, driver in sorted(held.items()))
        first = min(held)
        return problem(
            f"{len(held)} of {len(found)} are not bound to vfio-pci: {names}",
            f"sudo apt install driverctl; sudo driverctl set-override {first} vfio-pci (for each)",
            prevents=len(held) == len(found),
        )
    return ok(f"{len(found)} bound to vfio-pci")


def _huge_pages(host: Host) -> dict[tuple[int, int], tuple[int, int]]:
    """(total, free) by (NUMA node, page size in KiB)."""
    found = {}
    for folder in host.path("sys/devices/system/node").glob("node*/hugepages/hugepages-*kB"):
        if match := _PAGES.search(str(folder)):
            total, free = (_number(folder / name) for name in ("nr_hugepages", "free_hugepages"))
            found[int(match[1]), int(match[2])] = total, free
    return found


def _is_mounted(host: Host) -> bool:
    rows = (line.split() for line in host.text("proc/mounts").splitlines())
    return any(row[1:3] == [HUGE_MOUNT, "hugetlbfs"] for row in rows)


def _offered(host: Host) -> dict[str, str]:
    """The driver (empty: none) of every device that the configuration offers, by slot."""
    config = host.config.cvm.gpu
    included, excluded = set(map(_whole, config.include)), set(map(_whole, config.exclude))
    found = {}
    for device in host.path("sys/bus/pci/devices").glob("*"):
        ids = (_text(device / "vendor") + ":" + _text(device / "device")).replace("0x", "")
        listed = ids in config.listing and device.name not in excluded
        if listed or device.name in included:
            driver = device / "driver"
            found[device.name] = driver.resolve().name if driver.exists() else ""
    return found


def _whole(slot: str) -> str:
    return slot if slot.count(":") == 2 else f"0000:{slot}"


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(file: Path) -> int:
    text = _text(file)
    return int(text) if text.isdigit() else 0


def _size(kib: int) -> str:
    return f"{kib // 1024**2} GiB" if kib >= 1024**2 else f"{kib // 1024} MiB"
