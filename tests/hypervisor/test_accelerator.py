"""What the host is asked at start, and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hypervisor import machines
from vms.hypervisor.accelerator import HostUnfit, choose_accelerator, find_qemu
from vms.hypervisor.spec import Accelerator


def test_no_kvm_means_tcg_and_says_why(tmp_path: Path) -> None:
    choice = choose_accelerator(kvm_device=tmp_path / "kvm", pvm_module=tmp_path / "pvm")
    assert choice.accelerator is Accelerator.TCG
    assert f"there is no {tmp_path / 'kvm'}" in choice.reason


def test_a_device_that_is_not_kvm_means_tcg(tmp_path: Path) -> None:
    choice = choose_accelerator(kvm_device=Path("/dev/null"), pvm_module=tmp_path / "pvm")
    assert choice.accelerator is Accelerator.TCG
    assert "makes no virtual machine" in choice.reason


def test_kvm_pvm_is_no_kvm_for_ordinary_guests(tmp_path: Path) -> None:
    choice = choose_accelerator(pvm_module=tmp_path)
    assert choice.accelerator is Accelerator.TCG
    assert "KVM-PVM" in choice.reason


def test_kvm_that_is_demanded_and_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(HostUnfit, match="KVM is configured, but there is no"):
        choose_accelerator(Accelerator.KVM, kvm_device=tmp_path / "kvm", pvm_module=tmp_path / "pvm")


def test_tcg_that_is_demanded_asks_nothing(tmp_path: Path) -> None:
    assert choose_accelerator(Accelerator.TCG).accelerator is Accelerator.TCG


def test_a_missing_program_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostUnfit, match="apt install qemu-system-x86"):
        find_qemu()
    program = tmp_path / "qemu-system-x86_64"
    program.write_text("#!/bin/sh\necho QEMU emulator version 9.2.1 '(somebody)'\n")
    program.chmod(0o755)
    with pytest.raises(HostUnfit, match="apt install qemu-utils"):
        find_qemu()
    found = find_qemu(qemu_img_path=program)
    assert (found.qemu_path, found.version) == (program, "9.2.1")


def test_a_program_that_is_no_qemu_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "qemu"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    with pytest.raises(HostUnfit, match="is no QEMU: it says 'hello"):
        find_qemu(program, program)


@pytest.mark.real
@machines.needs_qemu
def test_the_installed_qemu_is_found() -> None:
    assert find_qemu().version[0].isdigit()
