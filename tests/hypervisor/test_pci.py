"""Discovery over recorded machines, over this one, and over a sysfs that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.gpus.machine import BUS_MASTER, MEMORY, NAMES, Machine, unpack
from vms.hypervisor import pci
from vms.hypervisor.pci import PciDevice, discover, numa_cpus
from vms.hypervisor.pci_names import descriptions

REAL = Path("/sys")
FOUND = {
    "h200-sxm": "03:00.0 05:00.0s 06:00.0s 07:00.0s 08:00.0s 18:00.0 2a:00.0 3a:00.0 5d:00.0 9a:00.0 ab:00.0 "
    "ba:00.0 db:00.0",
    "h100-sxm": "18:00.0 2a:00.0 3a:00.0 5d:00.0 9a:00.0 ab:00.0 ba:00.0 bd:00.0s be:00.0s "
    "bf:00.0s c0:00.0s db:00.0",
    "h100-pcie": "01:00.0 c1:00.0 c4:00.0",
    "rtx-4090": "00:02.0 01:00.0",
    "rtx-pro-6000": "0001:04:00.0 0001:04:00.2 0001:04:00.3",
    "mi300x": "05:00.0 26:00.0 46:00.0 65:00.0 85:00.0 a6:00.0 c6:00.0 e5:00.0",
    "none": "",
}
"""Every display controller, accelerator and NVSwitch (``s``) of each recording, and nothing else."""
PROBLEMS = {
    "h200-sxm": {"03:00.0": "the host's driver ast has it"},
    "h100-sxm": {"db:00.0": "the host's driver nvidia has it; bind it to vfio-pci (driverctl set-override "
                            "0000:db:00.0 vfio-pci)"},
    "h100-pcie": {"c4:00.0": "the host's driver ast has it"},
    "rtx-4090": {"00:02.0": "the host's driver i915 has it",
                 "01:00.0": "its IOMMU group 2 has 01:00.1 too, of driver snd_hda_intel; bind it to vfio-pci "
                            "(driverctl set-override 0000:01:00.1 vfio-pci)"},
    "rtx-pro-6000": dict.fromkeys(FOUND["rtx-pro-6000"].split(), "it has no IOMMU group: switch"),
    "mi300x": {"65:00.0": "the host's driver amdgpu has it"},
    "none": {},
}  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One H100 PCIe, nothing else."""
    machine = Machine(tmp_path / "sys")
    machine.add("0000:65:00.0", "0302", "10de:2331", "1", "12", "vfio-pci", "0002")
    return machine


def the_only(machine: Machine) -> PciDevice:
    (device,) = discover(machine.sysfs)
    return device


def test_every_recording_has_its_expectations() -> None:
    assert set(NAMES) == set(FOUND) == set(PROBLEMS)


@pytest.mark.parametrize("name", NAMES)
def test_recorded_machines(tmp_path: Path, name: str) -> None:
    found = discover(unpack(name, tmp_path / "sys").sysfs)
    assert " ".join(f"{device.slot}{'s' * device.is_nvswitch}" for device in found) == FOUND[name]
    problems = {device.slot: device.problem for device in found if device.problem}
    assert problems.keys() == PROBLEMS[name].keys()
    for slot, begins in PROBLEMS[name].items():
        assert problems[slot].startswith(begins)


def test_all_that_is_known_of_a_gpu(tmp_path: Path) -> None:
    found = discover(unpack("h200-sxm", tmp_path / "sys").sysfs)
    by_slot = {device.slot: device for device in found}
    assert by_slot["9a:00.0"] == PciDevice("9a:00.0", "10de:2335", "0302", 1, 107, "vfio-pci")
    assert by_slot["08:00.0"] == PciDevice("08:00.0", "10de:22a3", "0680", 0, 114, "vfio-pci")
    assert (by_slot["03:00.0"].is_busy, by_slot["03:00.0"].driver) == (True, "ast")


def test_a_product_of_the_listing_is_found_whatever_it_calls_itself(tmp_path: Path) -> None:
    machine = unpack("h200-sxm", tmp_path / "sys")
    assert "5e:00.0" not in {device.slot for device in discover(machine.sysfs)}
    assert "5e:00.0" in {device.slot for device in discover(machine.sysfs, ("15b3:1021",))}


def test_numa_nodes_with_their_cpus(tmp_path: Path) -> None:
    assert numa_cpus(unpack("h200-sxm", tmp_path / "a").sysfs) == {0: "0-55,112-167", 1: "56-111,168-223"}
    assert numa_cpus(unpack("none", tmp_path / "b").sysfs) == {0: "0-3"}


def test_a_kernel_without_numa_has_one_node(machine: Machine) -> None:
    cpus = machine.sysfs / "devices/system/cpu"
    cpus.mkdir(parents=True)
    (cpus / "online").write_text("0-7\n")
    assert numa_cpus(machine.sysfs) == {0: "0-7"}


def test_nodes_of_memory_alone_and_unreadable_ones_are_left_out(machine: Machine) -> None:
    texts = {"node0": "0-3\n", "node1": "\n", "node2": "0-3; rm -rf /\n", "nodes": "0-3", "node3": "4,6-7\n"}
    for name, text in texts.items():
        node = machine.sysfs / "devices/system/node" / name
        node.mkdir(parents=True)
        (node / "cpulist").write_text(text)
    assert numa_cpus(machine.sysfs) == {0: "0-3", 3: "4,6-7"}


@pytest.mark.parametrize(
    "command, busy", [(0, False), (MEMORY, False), (BUS_MASTER, True), (0x0547, True), (0xFBFB, False)]
)
def test_busy_is_the_bus_master_bit(machine: Machine, command: int, busy: bool) -> None:
    machine.command("0000:65:00.0", command)
    assert (the_only(machine).is_busy, the_only(machine).problem) == (busy, "")


def test_one_that_sleeps_is_not_read_and_not_busy(machine: Machine) -> None:
    device = machine.devices / "0000:65:00.0"
    machine.command("0000:65:00.0", BUS_MASTER)
    assert the_only(machine).is_busy
    (device / "power/runtime_status").write_text("suspended\n")
    (device / "config").unlink()
    assert (the_only(machine).is_busy, the_only(machine).problem) == (False, "")


@pytest.mark.parametrize("config", [b"\xff" * 64, b"", b"\xde\x10\x31"])
def test_one_that_is_off_the_bus_says_so(machine: Machine, config: bytes) -> None:
    (machine.devices / "0000:65:00.0/config").write_bytes(config)
    assert (the_only(machine).is_busy, the_only(machine).problem) == (False, "it does not answer on the bus")


@pytest.mark.parametrize("driver", ["vfio-pci", "nvgrace_gpu_vfio_pci", "xe-vfio-pci"])
def test_drivers_that_give_devices_to_guests(machine: Machine, driver: str) -> None:
    machine.bind("0000:65:00.0", driver)
    assert the_only(machine).problem == ""


@pytest.mark.parametrize("driver", ["nouveau", "-", "vfio-pci-not", "novfio"])
def test_all_others_do_not(machine: Machine, driver: str) -> None:
    machine.bind("0000:65:00.0", driver)
    assert "bind it to vfio-pci" in the_only(machine).problem


@pytest.mark.parametrize(
    "driver, problem",
    [("pcieport", ""), ("pci-stub", ""), ("-", ""), ("vfio-pci", ""), ("xhci_hcd", "65:00.2")],
)
def test_what_shares_its_iommu_group(machine: Machine, driver: str, problem: str) -> None:
    machine.add("0000:65:00.2", "0c03", "10de:1aec", "1", "12", driver)
    assert problem in the_only(machine).problem
    assert bool(the_only(machine).problem) is bool(problem)


@pytest.mark.parametrize("numa, node", [("-1", 0), ("3", 3), ("", 0), ("many", 0), ("99999999", 0)])
def test_the_numa_node(machine: Machine, numa: str, node: int) -> None:
    (machine.devices / "0000:65:00.0/numa_node").write_text(numa)
    assert the_only(machine).numa_node == node


def test_a_host_without_pci(tmp_path: Path) -> None:
    assert discover(tmp_path) == ()
    assert numa_cpus(tmp_path) == {}


def test_a_folder_of_devices_that_can_t_be_read_is_no_host_without_gpus(tmp_path: Path) -> None:
    (tmp_path / "bus/pci").mkdir(parents=True)
    (tmp_path / "bus/pci/devices").write_text("")
    with pytest.raises(NotADirectoryError):
        discover(tmp_path)


@pytest.mark.parametrize("file", ["vendor", "device", "class"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"10de", b"0xZZZZ\n", b"0x1\n", b"0x10de0302000000\n", None]
)
def test_a_device_without_identity_is_none_and_costs_the_others_nothing(
    machine: Machine, file: str, content: bytes | None
) -> None:
    machine.add("0000:66:00.0", "0302", "10de:2331", "1", "13", "vfio-pci")
    path = machine.devices / "0000:66:00.0" / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert the_only(machine).slot == "65:00.0"


@pytest.mark.parametrize("file", ["vendor", "class", "config", "numa_node", "power/runtime_status"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "loop", "endless"])
def test_files_that_are_none_hold_nothing_up(machine: Machine, file: str, kind: str) -> None:
    machine.add("0000:66:00.0", "0302", "10de:2331", "1", "13", "vfio-pci")
    path = machine.devices / "0000:66:00.0" / file
    path.unlink()
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "endless":
            path.symlink_to("/dev/zero")
    assert discover(machine.sysfs)[0].slot == "65:00.0"


@pytest.mark.parametrize("link", ["driver", "iommu_group"])
@pytest.mark.parametrize("target", ["../x,host=00:00.0", "../" + "a" * 200, "../vfio-pci\n", "..", None])
def test_odd_links_never_get_into_a_row(machine: Machine, link: str, target: str | None) -> None:
    path = machine.devices / "0000:65:00.0" / link
    path.unlink()
    if target is None:
        path.write_text("vfio-pci")
    else:
        path.symlink_to(target)
    device = the_only(machine)
    assert device.problem != ""
    assert device.driver in ("", "vfio-pci", "..")
    assert device.iommu_group in (None, 12)


@pytest.mark.parametrize("name", ["0000:65:00", "0000:65:00.8", "x", "0000:65:00.0\n", "10000:e1:00.0", ".."])
def test_only_addresses_are_devices(machine: Machine, name: str) -> None:
    if name != "..":
        (machine.devices / name).symlink_to((machine.devices / "0000:65:00.0").resolve())
    assert the_only(machine).slot == "65:00.0"


def test_a_device_that_vanishes_while_it_is_looked_at(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.add("0000:66:00.0", "0302", "10de:2331", "1", "13", "vfio-pci")
    link = pci._link

    def then_it_is_gone(path: Path) -> str:
        if (machine.devices / "0000:66:00.0").exists():
            machine.unplug("0000:66:00.0")
        return link(path)

    monkeypatch.setattr(pci, "_link", then_it_is_gone)
    assert [device.slot for device in discover(machine.sysfs)] == ["65:00.0"]
    assert the_only(machine).problem == ""


def test_thousands_of_devices(machine: Machine) -> None:
    for number in range(3000):
        address = f"{number // 2048:04x}:{number // 8 % 256:02x}:{number % 8:02x}.7"
        machine.add(address, "0200", "1af4:1041", "0", str(number), "virtio-pci")
    machine.add("000f:01:00.0", "0302", "10de:2335", "0", "77", "vfio-pci")
    found = discover(machine.sysfs)
    assert [device.slot for device in found] == ["65:00.0", "000f:01:00.0"]
    assert found[1].problem.startswith("its IOMMU group 77 has 09:05.7 too, of driver virtio-pci")


def test_this_machine_as_its_kernel_lists_it_elsewhere() -> None:
    listed = []
    for line in Path("/proc/bus/pci/devices").read_text().splitlines():
        words = line.split("\t")
        bus, function = divmod(int(words[0], 16), 256)
        slot = f"{bus:02x}:{function >> 3:02x}.{function & 7}"
        listed.append((slot, f"{words[1][:4]}:{words[1][4:]}", words[17].strip()))
    found = discover(REAL, {product for _, product, _ in listed})
    assert sorted((d.slot[-7:], d.product_id, d.driver) for d in found) == sorted(listed)
    assert sum(len(_expanded(cpus)) for cpus in numa_cpus(REAL).values()) == os.cpu_count()


def _expanded(cpulist: str) -> list[int]:
    spans = [[int(number) for number in span.split("-")] for span in cpulist.split(",")]
    return [cpu for span in spans for cpu in range(span[0], span[-1] + 1)]


NAMES_LIST = """\
# comment
10de  NVIDIA Corporation
\t2331  GH100 [H100 PCIe]
\t\t10de 1626  a subsystem
\t2335  GH100 [H200 SXM 141GB]
1a03  ASPEED Technology, Inc.
\t2000  ASPEED Graphics Family
C 03  Display controller
\t00  VGA compatible controller
"""


def test_names_are_those_of_the_first_list_there_is(tmp_path: Path) -> None:
    (tmp_path / "pci.ids").write_text(NAMES_LIST)
    lists = (tmp_path / "missing", tmp_path / "pci.ids")
    assert descriptions(["10de:2335", "1a03:2000", "10de:ffff", "10de:1626"], lists) == {
        "10de:2335": "NVIDIA Corporation GH100 [H200 SXM 141GB]",
        "1a03:2000": "ASPEED Technology, Inc. ASPEED Graphics Family",
    }
    assert descriptions([], lists) == {}
    assert descriptions(["10de:2335"], [tmp_path / "missing"]) == {}


def test_a_new_list_is_read_again_and_an_odd_one_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "pci.ids"
    path.write_text(NAMES_LIST)
    assert descriptions(["10de:2331"], [path]) == {"10de:2331": "NVIDIA Corporation GH100 [H100 PCIe]"}
    path.write_bytes(b"\x00\xff" * 5000 + b"\n\t2331  x\n10de\n10de  N\x00\x1b\n\t2331  " + b"y" * 9000)
    os.utime(path, ns=(1, 1))
    assert descriptions(["10de:2331"], [path]) == {"10de:2331": "N " + "y" * 198}
    path.unlink()
    path.mkdir()
    assert descriptions(["10de:2331"], [path]) == {}
