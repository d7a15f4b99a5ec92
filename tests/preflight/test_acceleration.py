"""KVM and TCG, with the real guest in the real QEMU wherever one is booted."""

from __future__ import annotations

import os

import pytest

from tests.preflight.conftest import AsNobody
from tests.preflight.machine import AMD, INTEL, REAL_QEMU, Machine
from vms.preflight.checks import acceleration
from vms.preflight.finding import Ability, Level

KVM_DEMANDED = '[cvm]\naccelerator = "kvm"\n'
TCG_DEMANDED = '[cvm]\naccelerator = "tcg"\n'
BROKEN_QEMU = "echo 'failed to initialize' >&2; exit 1"
KVM_BY_TCG = f"""
shift 4
exec {REAL_QEMU} -accel tcg -cpu max "$@"
"""
"""A host whose KVM works: the guest is booted by the real QEMU, by the accelerator that there is."""


def test_without_the_device_plain_vms_go_on(machine: Machine) -> None:
    found = acceleration.kvm_device(machine.host())
    assert (found.level, found.prevents) == (Level.WARNING, True)
    assert found.found == f"there is no {machine.root / 'dev/kvm'}"
    assert found.remedy.startswith("switch virtualization on in the firmware's setup")


@pytest.mark.parametrize("cpu,module", [(INTEL, "kvm_intel"), (AMD, "kvm_amd")])
def test_a_cpu_that_can_needs_its_module(machine: Machine, cpu: str, module: str) -> None:
    machine.write("proc/cpuinfo", cpu)
    assert acceleration.kvm_device(machine.host()).remedy.startswith(f"sudo modprobe {module};")


def test_where_kvm_is_demanded_nothing_goes_on(machine: Machine) -> None:
    found = acceleration.kvm_device(machine.host(KVM_DEMANDED))
    assert (found.level, found.also) == (Level.PROBLEM, (Ability.SERVER, Ability.PLAIN))


def test_where_tcg_is_demanded_it_is_only_worth_knowing(machine: Machine) -> None:
    assert acceleration.kvm_device(machine.host(TCG_DEMANDED)).level is Level.NOTE
    machine.write("dev/kvm", mode=0o666)
    assert acceleration.kvm_boot(machine.host(TCG_DEMANDED)).skipped


def test_a_device_of_others_names_the_way_in(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.write("dev/kvm", mode=0o000)
    found = as_nobody(acceleration.kvm_device, open_folder.host())
    assert found.found.endswith("dev/kvm can't be opened (Permission denied)")
    device = open_folder.root / "dev/kvm"
    assert found.remedy.startswith(f"sudo chgrp kvm {device}; sudo chmod 660 {device}; sudo usermod -aG kvm ")
    assert as_nobody(acceleration.kvm_boot, open_folder.host()).skipped


def test_a_file_that_is_no_device_is_told(machine: Machine) -> None:
    machine.write("dev/kvm", mode=0o666)
    assert "makes no virtual machine (Inappropriate ioctl for device)" in (
        acceleration.kvm_device(machine.host()).found
    )


@pytest.mark.skipif(not os.access("/dev/kvm", os.R_OK | os.W_OK), reason="needs /dev/kvm")
def test_the_real_device_opens(machine: Machine) -> None:
    machine.mkdir("dev")
    (machine.root / "dev/kvm").symlink_to("/dev/kvm")
    assert acceleration.kvm_device(machine.host()).level is Level.OK


@pytest.mark.real
def test_a_guest_boots_in_kvm(machine: Machine) -> None:
    machine.write("dev/kvm", mode=0o666)
    machine.program("qemu-system-x86_64", KVM_BY_TCG)
    assert acceleration.kvm_boot(machine.host()).found == "a guest of 512 bytes boots and calculates in KVM"


def test_a_kvm_in_which_no_guest_runs_is_told(machine: Machine) -> None:
    machine.write("dev/kvm", mode=0o666)
    machine.program("qemu-system-x86_64", BROKEN_QEMU)
    found = acceleration.kvm_boot(machine.host())
    assert (found.level, found.prevents) == (Level.WARNING, True)
    assert found.found == (
        "KVM makes virtual machines, but QEMU ends before the guest runs: failed to initialize"
    )


def test_kvm_pvm_is_explained_without_trying_it(machine: Machine) -> None:
    machine.write("dev/kvm", mode=0o666)
    machine.mkdir("sys/module/kvm_pvm")
    machine.program("qemu-system-x86_64", "exit 1")
    found = acceleration.kvm_boot(machine.host())
    assert found.found.startswith("this KVM is KVM-PVM (module kvm_pvm)")
    assert acceleration.kvm_boot(machine.host(KVM_DEMANDED)).level is Level.PROBLEM


@pytest.mark.real
def test_a_guest_boots_in_tcg(machine: Machine) -> None:
    assert acceleration.tcg_boot(machine.host()).level is Level.OK


def test_where_neither_works_no_plain_vm_runs(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", BROKEN_QEMU)
    found = acceleration.tcg_boot(machine.host())
    assert (found.level, found.prevents) == (Level.PROBLEM, True)
    assert acceleration.tcg_boot(machine.host(KVM_DEMANDED)).level is Level.NOTE


def test_without_qemu_nothing_is_tried(machine: Machine) -> None:
    machine.mkdir("bin")
    machine.write("dev/kvm", mode=0o666)
    assert acceleration.kvm_boot(machine.host()).skipped
    assert acceleration.tcg_boot(machine.host()).skipped
