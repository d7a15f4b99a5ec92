"""What confidential VMs need of CPU, kernel and host services.

TDX: https://docs.kernel.org/arch/x86/tdx.html; SEV-SNP:
https://docs.kernel.org/virt/kvm/x86/amd-memory-encryption.html
"""

from __future__ import annotations

import errno
import os
import socket

from vms.hypervisor.accelerator import HostUnfit
from vms.hypervisor.sev import ask_sev_capabilities
from vms.preflight.finding import Outcome, note, ok, skipped
from vms.preflight.host import Host
from vms.preflight.wishes import Wish, confidential_wish, sev_snp_wish, tdx_wish

TDX_SWITCH = "kvm_intel/parameters/tdx"
SNP_SWITCH = "kvm_amd/parameters/sev_snp"
FIRMWARE_S = 5.0
LOAD_VSOCK = "sudo modprobe vhost_vsock; echo vhost_vsock | sudo tee /etc/modules-load.d/vhost_vsock.conf"
VSOCK_RULE = (
    'echo \'KERNEL=="vhost-vsock", GROUP="kvm", MODE="0660"\' | '
    "sudo tee /etc/udev/rules.d/60-vhost-vsock.rules; "
    "sudo udevadm trigger --name-match=vhost-vsock"
)


def vsock(host: Host) -> Outcome:
    """``/dev/vhost-vsock``: how a confidential guest and this host speak. Plain ones have another way."""
    device = host.path("dev/vhost-vsock")
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        found, remedy = f"there is no {device}", LOAD_VSOCK
    except PermissionError:
        found, remedy = f"{device} can't be opened by this user", VSOCK_RULE
    except OSError as error:
        found, remedy = f"{device} can't be opened ({error.strerror})", LOAD_VSOCK
    else:
        return ok(f"{device} opens")
    wish = confidential_wish(host)
    if wish is Wish.NONE:
        return note(f"{found}: plain VMs use virtio-serial instead", remedy, prevents=True)
    return wish.unfulfilled(found, remedy)


def tdx(host: Host) -> Outcome:
    """KVM's own word: its parameter is off again where the TDX module could not be started."""
    wish = tdx_wish(host)
    if host.is_on(TDX_SWITCH):
        return ok("the kernel has TDX switched on (kvm_intel.tdx)")
    if host.cpu_vendor != "GenuineIntel":
        return wish.unfulfilled(f"TDX is Intel's, and {_cpu(host)}", 'set platform in [cvm] to "auto"')
    if not host.path(f"sys/module/{TDX_SWITCH}").exists():
        return wish.unfulfilled(
            "this kernel's KVM knows no TDX, or the module kvm_intel is not loaded",
            "boot Linux 6.16 or newer, built with CONFIG_KVM_INTEL_TDX, then sudo modprobe kvm_intel",
        )
    if "tdx_host_platform" not in host.cpu_flags:
        return wish.unfulfilled(
            "TDX is off: the firmware did not switch it on, or the CPU has none",
            "switch TDX, TME-MT and SGX on in the firmware's setup (4th generation Xeon Scalable or newer)",
        )
    return wish.unfulfilled(
        "the CPU has TDX, but KVM has it switched off (kvm_intel.tdx is N)",
        "echo 'options kvm_intel tdx=1' | sudo tee /etc/modprobe.d/tdx.conf, boot with the kernel "
        "parameter nohibernate, and look for tdx in sudo dmesg if it stays off",
    )


def quote_service(host: Host) -> Outcome:
    """Something listens on the port that guests ask for quotes."""
    port = host.config.cvm.qgs_port
    if port == 0:
        return skipped("qgs_port in [cvm] is 0: guests get no quotes from this host")
    if not host.is_on(TDX_SWITCH):
        return skipped("not asked: no TDX here (tdx.kernel)")
    try:
        taken = _is_taken(host, port)
    except OSError as error:
        return tdx_wish(host).unfulfilled(f"no vsock to reach it by ({error.strerror})", LOAD_VSOCK)
    if taken:
        return ok(f"something listens on vsock port {port}")
    return tdx_wish(host).unfulfilled(
        f"nothing listens on vsock port {port}: guests start, but can't be attested",
        "install Intel's quote generation service (package tdx-qgs of the Intel SGX repository), "
        f"port = {port} in /etc/qgs.conf, sudo systemctl enable --now qgsd; or set qgs_port in [cvm]",
    )


def sev_kernel(host: Host) -> Outcome:
    """The flag, KVM's parameter, and the device of the secure processor."""
    wish, device = sev_snp_wish(host), host.path("dev/sev")
    if host.cpu_vendor != "AuthenticAMD":
        return wish.unfulfilled(f"SEV-SNP is AMD's, and {_cpu(host)}", 'set platform in [cvm] to "auto"')
    if "sev_snp" not in host.cpu_flags:
        return wish.unfulfilled(
            "the kernel sees no SEV-SNP in this CPU",
            "switch SMEE, SEV-SNP and the RMP table on in the firmware's setup (EPYC 7003 or newer)",
        )
    if not host.is_on(SNP_SWITCH):
        return wish.unfulfilled(
            "the CPU has SEV-SNP, but KVM has it switched off (kvm_amd.sev_snp is N)",
            "boot Linux 6.11 or newer, with the IOMMU on and without iommu=pt; "
            "look for SEV-SNP in sudo dmesg",
        )
    if not device.exists():
        return wish.unfulfilled(f"there is no {device}", "sudo modprobe ccp")
    if not os.access(device, os.R_OK | os.W_OK, effective_ids=True):
        return wish.unfulfilled(
            f"{device} can't be opened by this user", f"sudo chgrp kvm {device}; sudo chmod 660 {device}"
        )
    return ok(f"switched on (kvm_amd.sev_snp), and {device} opens")


def sev_firmware(host: Host) -> Outcome:
    """The secure processor's firmware tells QEMU what guests must be told."""
    if host.cpu_vendor != "AuthenticAMD" or not host.is_on(SNP_SWITCH):
        return skipped("not asked: no SEV-SNP here (sev.kernel)")
    if host.qemu is None:
        return skipped("not asked: QEMU does not run (qemu.program)")
    try:
        told = ask_sev_capabilities(host.qemu, FIRMWARE_S)
    except HostUnfit as error:
        return sev_snp_wish(host).unfulfilled(
            str(error), "update the host's firmware (BIOS), and look for ccp in sudo dmesg"
        )
    return ok(f"encryption bit {told.cbitpos}, {told.reduced_phys_bits} address bits fewer")


def _is_taken(host: Host, port: int) -> bool:
    """Whether a listener has the vsock port. Raises OSError where there is no vsock.

    Asked by trying to take it: this host can't connect to itself without the vsock_loopback
    module, and a listener is not bothered.
    """
    with host.vsock() as sock:
        try:
            sock.bind((socket.VMADDR_CID_ANY, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def _cpu(host: Host) -> str:
    make = {"GenuineIntel": "Intel's", "AuthenticAMD": "AMD's"}
    return f"this CPU is {make.get(host.cpu_vendor, 'another one')}"
