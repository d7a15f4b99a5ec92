"""What confidential VMs need: every step on the way from the firmware's switch to a listening service."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.preflight.conftest import AsNobody
from tests.preflight.machine import AMD, INTEL, Machine
from vms.preflight.checks import confidential
from vms.preflight.finding import Level

TDX_SWITCH = "sys/module/kvm_intel/parameters/tdx"
SNP_SWITCH = "sys/module/kvm_amd/parameters/sev_snp"
TDX = '[cvm]\nplatform = "tdx"\n'
SNP = '[cvm]\nplatform = "amd-sev-snp"\n'


class InetForVsock(socket.socket):
    """A real socket, whose ports are 127.0.0.1's: vsock itself must not be opened on every machine."""

    def bind(self, address: Any) -> None:
        super().bind(("127.0.0.1", address[1]))


def test_the_vsock_device_opens_or_its_module_is_named(machine: Machine) -> None:
    missing = confidential.vsock(machine.host())
    assert (missing.level, missing.prevents) == (Level.NOTE, True)
    assert missing.found.endswith("vhost-vsock: plain VMs use virtio-serial instead")
    assert missing.remedy.startswith("sudo modprobe vhost_vsock;")
    assert confidential.vsock(machine.host(TDX)).level is Level.PROBLEM
    machine.write("dev/vhost-vsock")
    assert confidential.vsock(machine.host()).level is Level.OK


def test_a_vsock_device_of_others_needs_a_rule(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.write("dev/vhost-vsock", mode=0o000)
    found = as_nobody(confidential.vsock, open_folder.host(TDX))
    assert found.found.endswith("vhost-vsock can't be opened by this user")
    assert 'GROUP="kvm"' in found.remedy


def test_tdx_is_on(machine: Machine) -> None:
    machine.write("proc/cpuinfo", INTEL)
    machine.write(TDX_SWITCH, "Y\n")
    assert confidential.tdx(machine.host(TDX)).level is Level.OK


def test_each_step_to_tdx_is_told_with_its_own_way_out(machine: Machine) -> None:
    machine.write("proc/cpuinfo", AMD)
    assert confidential.tdx(machine.host(TDX)).found == "TDX is Intel's, and this CPU is AMD's"
    machine.write("proc/cpuinfo", INTEL)
    assert "boot Linux 6.16" in confidential.tdx(machine.host(TDX)).remedy
    machine.write(TDX_SWITCH, "N\n")
    off = confidential.tdx(machine.host(TDX))
    assert (off.level, off.prevents) == (Level.PROBLEM, True)
    assert off.remedy.startswith("echo 'options kvm_intel tdx=1' | sudo tee")
    machine.write("proc/cpuinfo", INTEL.replace(" tdx_host_platform", ""))
    assert "firmware's setup" in confidential.tdx(machine.host(TDX)).remedy


@pytest.mark.parametrize("settings,level", [(None, Level.NOTE), ("", Level.WARNING), (TDX, Level.PROBLEM)])
def test_a_switch_that_is_off_matters_as_much_as_it_is_wished_for(
    machine: Machine, settings: str | None, level: Level
) -> None:
    machine.write("proc/cpuinfo", INTEL)
    machine.write(TDX_SWITCH, "N")
    assert confidential.tdx(machine.host(settings)).level is level


def with_tdx(machine: Machine, port: int, vsock: Callable[[], socket.socket] = InetForVsock) -> Any:
    machine.write("proc/cpuinfo", INTEL)
    machine.write(TDX_SWITCH, "Y")
    return machine.host(f'[cvm]\nplatform = "tdx"\nqgs_port = {port}\n', vsock=vsock)


def test_a_quote_service_listens_or_not(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        assert confidential.quote_service(with_tdx(machine, port)).found == (
            f"something listens on vsock port {port}"
        )
    gone = confidential.quote_service(with_tdx(machine, port))
    assert gone.level is Level.PROBLEM
    assert gone.found.startswith(f"nothing listens on vsock port {port}")
    assert f"port = {port} in /etc/qgs.conf" in gone.remedy


def test_a_kernel_without_vsock_can_t_reach_it(machine: Machine) -> None:
    def no_such_family() -> socket.socket:
        return socket.socket(255)

    found = confidential.quote_service(with_tdx(machine, 4050, no_such_family))
    assert found.found == "no vsock to reach it by (Address family not supported by protocol)"


def test_quotes_are_not_asked_for_without_tdx_or_a_port(machine: Machine) -> None:
    assert confidential.quote_service(machine.host()).skipped
    assert confidential.quote_service(with_tdx(machine, 0)).skipped


def test_sev_snp_is_on(machine: Machine) -> None:
    machine.write("proc/cpuinfo", AMD)
    machine.write(SNP_SWITCH, "Y")
    machine.write("dev/sev")
    assert confidential.sev_kernel(machine.host(SNP)).level is Level.OK


def test_each_step_to_sev_snp_is_told_with_its_own_way_out(machine: Machine) -> None:
    machine.write("proc/cpuinfo", INTEL)
    assert confidential.sev_kernel(machine.host(SNP)).found == "SEV-SNP is AMD's, and this CPU is Intel's"
    machine.write("proc/cpuinfo", AMD.replace(" sev_snp", ""))
    assert "firmware's setup" in confidential.sev_kernel(machine.host(SNP)).remedy
    machine.write("proc/cpuinfo", AMD)
    machine.write(SNP_SWITCH, "N")
    assert "boot Linux 6.11" in confidential.sev_kernel(machine.host(SNP)).remedy
    machine.write(SNP_SWITCH, "Y")
    missing = confidential.sev_kernel(machine.host(SNP))
    assert (missing.level, missing.prevents, missing.remedy) == (Level.PROBLEM, True, "sudo modprobe ccp")


CAPABLE = """
while read -r question; do
  case "$question" in
    *query-sev*) echo '{"return": {"cbitpos": 51, "reduced-phys-bits": 5, "pdh": "", "cert-chain": ""}}' ;;
    *) echo '{"return": {}}' ;;
  esac
done
"""


def with_sev_snp(machine: Machine) -> Any:
    machine.write("proc/cpuinfo", AMD)
    machine.write(SNP_SWITCH, "Y")
    return machine.host(SNP)


def test_the_firmware_tells_what_guests_must_be_told(machine: Machine) -> None:
    machine.program("qemu-system-x86_64", CAPABLE)
    assert confidential.sev_firmware(with_sev_snp(machine)).found == (
        "encryption bit 51, 5 address bits fewer"
    )


@pytest.mark.real
@pytest.mark.skipif(os.path.exists("/dev/sev"), reason="needs a host without SEV")
def test_a_firmware_that_tells_nothing_is_a_problem(machine: Machine) -> None:
    found = confidential.sev_firmware(with_sev_snp(machine))
    assert (found.level, found.prevents) == (Level.PROBLEM, True)
    assert "SEV" in found.found


def test_the_firmware_is_not_asked_without_sev_snp_or_qemu(machine: Machine) -> None:
    assert confidential.sev_firmware(machine.host()).skipped
    machine.mkdir("bin")
    assert confidential.sev_firmware(with_sev_snp(machine)).skipped


def test_a_secure_processor_of_others_is_told(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.write("proc/cpuinfo", AMD)
    open_folder.write(SNP_SWITCH, "Y")
    open_folder.write("dev/sev", mode=0o000)
    found = as_nobody(confidential.sev_kernel, open_folder.host(SNP))
    assert found.found.endswith("dev/sev can't be opened by this user")
