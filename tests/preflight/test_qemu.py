"""QEMU: the real one of this machine, and scripts that speak as other ones do."""

from __future__ import annotations

import pytest

from tests.preflight.machine import REAL_QEMU, Machine
from vms.hypervisor.accelerator import qemu_version
from vms.preflight.checks import qemu
from vms.preflight.finding import Level

GPUS = "[cvm.gpu]\nenabled = true\n"
KNOWS = """
case "$*" in
  --version) echo "QEMU emulator version 10.1.0 (Debian 1:10.1.0)" ;;
  *"-object help") printf 'List of user creatable objects:\\n  iommufd\\n  sev-snp-guest\\n  tdx-guest\\n' ;;
  *"-device help") printf 'Storage devices:\\nname "virtio-blk-pci", bus PCI\\n' ;;
esac
"""
OLD = 'echo "QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6)"'


@pytest.mark.real
def test_this_machine_s_qemu_is_fit_for_plain_vms(machine: Machine) -> None:
    host = machine.host()
    assert qemu.program(host).found == f"{REAL_QEMU}, version {qemu_version(host.qemu)}"  # type: ignore[arg-type]
    assert qemu.version(host).level is Level.OK
    assert qemu.image_tool(host).level is Level.OK
    assert qemu.devices(host).found == "knows all devices of a plain VM"


def test_a_qemu_that_lacks_a_device_is_told(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", KNOWS)
    found = qemu.devices(machine.host())
    assert found.level is Level.PROBLEM
    assert found.found == (
        "this QEMU does not know virtio-net-pci, virtio-9p-pci, virtio-serial-pci, pvpanic-pci"
    )


def test_without_qemu_the_package_is_named(machine: Machine) -> None:
    machine.mkdir("bin")
    host = machine.host()
    assert qemu.program(host).found == "qemu-system-x86_64 is not there, or can't be run"
    assert qemu.program(host).remedy == "sudo apt install qemu-system-x86"
    assert qemu.image_tool(host).remedy == "sudo apt install qemu-utils"
    for check in (qemu.version, qemu.devices, qemu.tdx, qemu.sev_snp):
        assert check(host).skipped


def test_a_wrong_path_in_the_settings_is_told_by_its_key(machine: Machine) -> None:
    host = machine.host('[cvm]\nqemu_path = "/opt/qemu/bin/qemu"\nqemu_img_path = "/opt/qemu/bin/qemu-img"\n')
    assert qemu.program(host).found == "/opt/qemu/bin/qemu is not there, or can't be run"
    assert qemu.program(host).remedy == "set qemu_path in [cvm] right"
    assert qemu.image_tool(host).remedy == "set qemu_img_path in [cvm] right"


def test_what_is_no_qemu_is_told(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", "echo hello")
    machine.program("qemu-img", "echo broken >&2; exit 3")
    assert "is no QEMU: it says 'hello" in qemu.program(machine.host()).found
    assert qemu.image_tool(machine.host()).found.endswith("qemu-img fails: broken")


def test_an_old_qemu_is_a_warning(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", OLD)
    assert qemu.version(machine.host()).level is Level.WARNING


def test_what_newer_versions_bring_is_said_until_they_are_here(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", 'echo "QEMU emulator version 9.0.2"')
    assert qemu.version(machine.host()).found == (
        "version 9.0.2 (newer ones know SEV-SNP since 9.1, TDX since 10.1)"
    )
    machine.program("qemu-system-x86_64", KNOWS)
    assert qemu.version(machine.host()).found == "version 10.1.0"


def test_objects_of_confidential_vms_and_gpus_are_known_or_not(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", KNOWS)
    host = machine.host(GPUS)
    assert [check(host).found for check in (qemu.tdx, qemu.sev_snp, qemu.iommufd)] == [
        "knows tdx-guest",
        "knows sev-snp-guest",
        "knows iommufd",
    ]
    machine.program("qemu-system-x86_64", "echo '  iothread'")
    lacking = [check(machine.host(GPUS)) for check in (qemu.tdx, qemu.sev_snp, qemu.iommufd)]
    assert [one.prevents for one in lacking] == [True, True, True]
    assert lacking[2].level is Level.PROBLEM
    assert lacking[0].found == "this QEMU does not know tdx-guest, which came with version 10.1"


def test_iommufd_is_not_asked_where_no_vm_gets_a_gpu(machine: Machine) -> None:
    assert qemu.iommufd(machine.host()).skipped


@pytest.mark.parametrize(
    "settings,level",
    [
        ("", Level.NOTE),
        ('[cvm]\nplatform = "tdx"\n', Level.PROBLEM),
        ('[cvm]\nplatform = "none"\n', Level.NOTE),
    ],
)
def test_how_bad_it_is_depends_on_what_is_asked_for(machine: Machine, settings: str, level: Level) -> None:
    machine.program("qemu-system-x86_64", "echo '  iothread'")
    assert qemu.tdx(machine.host(settings)).level is level


def test_a_qemu_that_fails_is_not_taken_for_one_that_knows_nothing(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", "echo 'no memory' >&2; exit 1")
    found = qemu.tdx(machine.host())
    assert found.skipped
    assert found.found.endswith("qemu-system-x86_64 fails: no memory")
