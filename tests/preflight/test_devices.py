"""Huge pages and PCI devices, of machines laid out as the kernel shows them."""

from __future__ import annotations

from tests.preflight.machine import INTEL, Machine
from vms.preflight.checks import devices
from vms.preflight.finding import Level

GPUS = '[cvm.gpu]\nenabled = true\nexclude = ["65:00.0"]\ninclude = ["0000:03:00.0"]\n'
MOUNTED = "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n"


def pages(machine: Machine, node: int, size_kb: int, total: int, free: int) -> None:
    folder = f"sys/devices/system/node/node{node}/hugepages/hugepages-{size_kb}kB"
    machine.write(f"{folder}/nr_hugepages", f"{total}\n")
    machine.write(f"{folder}/free_hugepages", f"{free}\n")


def device(machine: Machine, slot: str, ids: str, driver: str = "") -> None:
    vendor, _, product = ids.partition(":")
    machine.write(f"sys/bus/pci/devices/{slot}/vendor", f"0x{vendor}\n")
    machine.write(f"sys/bus/pci/devices/{slot}/device", f"0x{product}\n")
    if driver:
        folder = machine.mkdir(f"sys/bus/pci/drivers/{driver}")
        (machine.root / f"sys/bus/pci/devices/{slot}/driver").symlink_to(folder)


def test_huge_pages_are_told_by_node_and_size(machine: Machine) -> None:
    pages(machine, 0, 2048, 4096, 1024)
    pages(machine, 1, 1048576, 8, 8)
    pages(machine, 1, 2048, 0, 0)
    machine.write("proc/mounts", MOUNTED)
    found = devices.huge_pages(machine.host())
    assert found.level is Level.OK
    assert found.found == "node 0: 1024 of 4096 pages of 2 MiB free; node 1: 8 of 8 pages of 1 GiB free"


def test_no_huge_pages_none_free_or_not_mounted(machine: Machine) -> None:
    pages(machine, 0, 2048, 0, 0)
    none = devices.huge_pages(machine.host())
    assert (none.level, none.prevents) == (Level.NOTE, True)
    assert "sudo sysctl vm.nr_hugepages=4096" in none.remedy
    pages(machine, 0, 2048, 10, 0)
    machine.write("proc/mounts", "tmpfs /dev/shm tmpfs rw 0 0\n")
    assert devices.huge_pages(machine.host()).found == "reserved, but /dev/hugepages is no hugetlbfs"
    machine.write("proc/mounts", MOUNTED)
    taken = devices.huge_pages(machine.host())
    assert (taken.level, taken.found) == (Level.NOTE, "node 0: 0 of 10 pages of 2 MiB free")


def test_without_gpus_no_pci_device_is_looked_at(machine: Machine) -> None:
    host = machine.host()
    assert devices.iommu(host).skipped
    assert devices.vfio(host).skipped
    assert devices.gpus(host).skipped


def test_an_iommu_has_groups(machine: Machine) -> None:
    machine.write("proc/cpuinfo", INTEL)
    machine.mkdir("sys/kernel/iommu_groups")
    off = devices.iommu(machine.host(GPUS))
    assert off.level is Level.PROBLEM
    assert off.remedy.endswith("kernel parameter intel_iommu=on")
    machine.mkdir("sys/kernel/iommu_groups/0")
    machine.mkdir("sys/kernel/iommu_groups/1")
    assert devices.iommu(machine.host(GPUS)).found == "2 groups"


def test_vfio_and_iommufd_are_there_or_named(machine: Machine) -> None:
    assert devices.vfio(machine.host(GPUS)).remedy.startswith("sudo modprobe vfio-pci;")
    machine.mkdir("sys/bus/pci/drivers/vfio-pci")
    assert devices.vfio(machine.host(GPUS)).remedy.startswith("sudo modprobe iommufd")
    machine.write("dev/iommu")
    assert devices.vfio(machine.host(GPUS)).level is Level.OK


def test_gpus_are_found_and_bound(machine: Machine) -> None:
    device(machine, "0000:17:00.0", "10de:2335", "vfio-pci")
    device(machine, "0000:03:00.0", "10de:2330", "vfio-pci")
    device(machine, "0000:65:00.0", "10de:2335", "nvidia")
    device(machine, "0000:00:1f.0", "8086:1234", "lpc_ich")
    assert devices.gpus(machine.host(GPUS)).found == "2 bound to vfio-pci"


def test_gpus_that_a_driver_of_the_host_holds_are_named(machine: Machine) -> None:
    device(machine, "0000:17:00.0", "10de:2335", "vfio-pci")
    device(machine, "0000:3d:00.0", "10de:2335", "nvidia")
    device(machine, "0000:4e:00.0", "10de:2335")
    found = devices.gpus(machine.host(GPUS))
    assert (found.level, found.prevents) == (Level.PROBLEM, False)
    assert found.found == (
        "2 of 3 are not bound to vfio-pci: 0000:3d:00.0 (nvidia), 0000:4e:00.0 (no driver)"
    )
    assert "driverctl set-override 0000:3d:00.0 vfio-pci" in found.remedy


def test_no_gpu_at_all_is_a_warning(machine: Machine) -> None:
    found = devices.gpus(machine.host(GPUS))
    assert (found.level, found.prevents) == (Level.WARNING, True)
    assert "(listing: 10de:2335)" in found.found
