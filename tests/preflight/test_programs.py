"""Programs beside QEMU, and the user that QEMU runs as."""

from __future__ import annotations

import os

import pytest

from tests.preflight.conftest import AsNobody
from tests.preflight.machine import Machine
from vms.preflight.checks import programs
from vms.preflight.finding import Level

AS_NOBODY = '[cvm]\nuser = "nobody"\n'
AS_ROOT = '[cvm]\nuser = "root"\n'
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_programs_are_there_or_their_package_is_named(machine: Machine) -> None:
    machine.mkdir("bin")
    swtpm, taskset = programs.swtpm(machine.host()), programs.taskset(machine.host())
    assert (swtpm.level, swtpm.prevents, swtpm.remedy) == (Level.NOTE, True, "sudo apt install swtpm")
    assert (taskset.level, taskset.remedy) == (Level.NOTE, "sudo apt install util-linux")
    for name in ("swtpm", "taskset"):
        machine.program(name, "exit 0")
    assert programs.swtpm(machine.host()).found == str(machine.root / "bin/swtpm")
    assert programs.taskset(machine.host()).level is Level.OK


def test_setpriv_is_needed_for_another_user_only(machine: Machine) -> None:
    machine.mkdir("bin")
    assert programs.setpriv(machine.host()).skipped
    missing = programs.setpriv(machine.host(AS_NOBODY))
    assert (missing.level, missing.remedy) == (Level.PROBLEM, "sudo apt install util-linux")


def test_only_root_starts_qemu_as_another_user(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.program("setpriv", "exit 0")
    found = as_nobody(programs.setpriv, open_folder.host(AS_ROOT))
    assert found.remedy == "run the server as root, or leave user empty"


@needs_root
def test_root_really_starts_a_program_as_that_user(machine: Machine) -> None:
    assert programs.setpriv(machine.host(AS_ROOT)).found.endswith("setpriv starts programs as root")
    machine.program("setpriv", "echo 'setpriv: setresuid failed' >&2; exit 127")
    refused = programs.setpriv(machine.host(AS_ROOT))
    assert refused.level is Level.PROBLEM
    assert refused.found.endswith("setpriv fails: setpriv: setresuid failed")
    assert programs.setpriv(machine.host('[cvm]\nuser = "no-such-user"\n')).skipped


def test_a_user_that_does_not_exist_is_told(machine: Machine) -> None:
    found = programs.qemu_user(machine.host('[cvm]\nuser = "no-such-user"\n'))
    assert (found.level, found.found) == (Level.PROBLEM, "there is no user 'no-such-user'")
    assert found.remedy.startswith("sudo useradd --system --groups kvm no-such-user")
    assert programs.qemu_user(machine.host()).skipped


def test_a_user_may_open_what_it_needs(open_folder: Machine) -> None:
    open_folder.write("dev/kvm", mode=0o666)
    (open_folder.folder / "data").mkdir()
    assert programs.qemu_user(open_folder.host(AS_NOBODY)).level is Level.OK
    assert programs.qemu_user(open_folder.host('[cvm]\nuser = "65534"\n')).found.startswith(
        "nobody (uid 65534)"
    )


@needs_root
def test_devices_of_a_group_are_joined_and_others_are_given_one(open_folder: Machine) -> None:
    kvm = open_folder.write("dev/kvm", mode=0o660)
    os.chown(kvm, 0, 2)
    found = programs.qemu_user(open_folder.host(AS_NOBODY))
    assert found.found == f"user nobody can't open {kvm}"
    assert found.remedy == "sudo usermod -aG bin nobody"
    sev = open_folder.write("dev/sev", mode=0o600)
    assert programs.qemu_user(open_folder.host(AS_NOBODY)).remedy == (
        f"sudo chgrp kvm {sev}; sudo chmod 660 {sev}; sudo usermod -aG bin,kvm nobody"
    )


@needs_root
def test_a_folder_on_the_way_that_is_closed_is_named(open_folder: Machine) -> None:
    closed = open_folder.folder / "data"
    closed.mkdir(mode=0o700)
    found = programs.qemu_user(open_folder.host(AS_NOBODY))
    assert found.found == f"user nobody can't reach {closed / 'vm'}: {closed} is closed to it"
    assert found.remedy.startswith(f"sudo chmod o+x {closed}")
