"""What runs a guest's instructions: KVM or QEMU's own translation (TCG), each proven by booting a guest."""

from __future__ import annotations

import os

from vms.hypervisor.accelerator import kvm_hindrance
from vms.preflight import tiny_guest
from vms.preflight.access import me, way_in
from vms.preflight.finding import Ability, Outcome, note, ok, problem, skipped, warning
from vms.preflight.host import Host

KVM_OPTIONS = ("-accel", "kvm", "-cpu", "host")
TCG_OPTIONS = ("-accel", "tcg,tb-size=32", "-cpu", "max")
PVM = "sys/module/kvm_pvm"
WITHOUT_KVM = 'with accelerator = "auto" in [cvm] plain VMs run without it, slowly'


def kvm_device(host: Host) -> Outcome:
    """``/dev/kvm`` opens and makes a virtual machine."""
    device = host.path("dev/kvm")
    hindrance = kvm_hindrance(device, host.path("nowhere"))
    if hindrance is None:
        return ok(f"{device} opens and makes virtual machines")
    return _unusable(host, hindrance, _way_out(host))


def kvm_boot(host: Host) -> Outcome:
    """A guest really runs in it: devices that open and guests that hang have been seen."""
    if host.qemu is None:
        return skipped("not tried: QEMU does not run (qemu.program)")
    if not os.access(host.path("dev/kvm"), os.R_OK | os.W_OK, effective_ids=True):
        return skipped("not tried: /dev/kvm can't be used (kvm.device)")
    if host.config.cvm.accelerator == "tcg":
        return skipped('not tried: accelerator = "tcg" in [cvm]')
    if host.path(PVM).exists():
        return _unusable(
            host,
            "this KVM is KVM-PVM (module kvm_pvm), which does without the CPU's help: the device opens, "
            "but an ordinary guest hangs",
            f"use a host with the CPU's own virtualization; {WITHOUT_KVM}",
        )
    if hindrance := tiny_guest.hindrance(host.qemu, *KVM_OPTIONS):
        return _unusable(
            host,
            f"KVM makes virtual machines, but {hindrance}",
            "look for kvm in the kernel's log: sudo dmesg",
        )
    return ok("a guest of 512 bytes boots and calculates in KVM")


def tcg_boot(host: Host) -> Outcome:
    """The same guest, translated by QEMU: what plain VMs fall back to."""
    if host.qemu is None:
        return skipped("not tried: QEMU does not run (qemu.program)")
    hindrance = tiny_guest.hindrance(host.qemu, *TCG_OPTIONS)
    if not hindrance:
        return ok("a guest of 512 bytes boots and calculates in TCG, QEMU's software emulation")
    remedy = "install the distribution's own QEMU: sudo apt install qemu-system-x86"
    if host.config.cvm.accelerator == "kvm":
        return note(hindrance)
    if host.config.cvm.accelerator == "tcg" or kvm_hindrance(host.path("dev/kvm"), host.path(PVM)):
        return problem(hindrance, remedy)
    return warning(hindrance, remedy)


def _unusable(host: Host, found: str, remedy: str) -> Outcome:
    """KVM can't be used: a problem where it is asked for; else plain VMs run without."""
    if host.config.cvm.accelerator == "kvm":
        return problem(found, remedy, also=(Ability.SERVER, Ability.PLAIN))
    if host.config.cvm.accelerator == "tcg":
        return note(found)
    return warning(found, remedy, prevents=True)


def _way_out(host: Host) -> str:
    device = host.path("dev/kvm")
    if not device.exists():
        module = {"GenuineIntel": "kvm_intel", "AuthenticAMD": "kvm_amd"}.get(host.cpu_vendor, "kvm")
        if not host.cpu_flags & {"vmx", "svm"}:
            return (
                "switch virtualization on in the firmware's setup (VT-x, SVM), or, in a virtual machine, "
                f"nested virtualization on its host; {WITHOUT_KVM}"
            )
        return f"sudo modprobe {module}; {WITHOUT_KVM}"
    if not os.access(device, os.R_OK | os.W_OK, effective_ids=True):
        return f"{way_in(me(), [device])}; then log in anew"
    return f"look for kvm in the kernel's log: sudo dmesg; {WITHOUT_KVM}"
