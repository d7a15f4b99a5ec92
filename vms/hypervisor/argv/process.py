"""The process itself: whom it runs as, on which CPUs, and how the host listens to it.

Nothing in here is visible to the guest but the processor's model.
"""

from __future__ import annotations

from ..options import cpu_list, plain_path, vm_name
from ..privileges import drop_privileges
from ..spec import Accelerator, GuestSpec, HostSettings, SevSnp

TCG_TRANSLATION_CACHE_MIB = 128
"""QEMU would take a quarter of the host's memory for each guest otherwise."""

SEV_SNP_CPU = "EPYC-v4"
"""The model whose features the measurement of an SEV-SNP guest is computed with."""


def program(spec: GuestSpec, host: HostSettings) -> list[str]:
    """Who runs QEMU and where, QEMU, its name and processor."""
    return [
        *drop_privileges(host.user),
        *_pin(spec.pinned_cpus),
        plain_path(host.qemu_path),
        *("-name", vm_name(spec.vm_id)),
        *("-pidfile", "qemu.pid"),
        *_processor(spec, host),
        "-nographic",
        "-nodefaults",
    ]


def _pin(cpus: str) -> list[str]:
    return ["taskset", "-c", cpu_list(cpus)] if cpus else []


def _processor(spec: GuestSpec, host: HostSettings) -> list[str]:
    if host.accelerator is Accelerator.TCG:
        # With qemu64, the default model, a guest waits seconds for entropy at boot.
        return ["-accel", f"tcg,tb-size={TCG_TRANSLATION_CACHE_MIB}", "-cpu", "max"]
    model = SEV_SNP_CPU if isinstance(spec.tee, SevSnp) else "host"
    return ["-accel", "kvm", "-cpu", model]


def serial() -> list[str]:
    # Keys come by a pipe, serial.in. What the guest prints goes to the log alone, for serial.out leads
    # nowhere: to a client that reads slowly QEMU would say it again, log it twice, and make the guest wait.
    return [
        *("-chardev", "pipe,id=com0,path=serial,logfile=serial.log,logappend=on"),
        *("-serial", "chardev:com0"),
    ]


def monitors() -> list[str]:
    # The second one is never listened to: it makes QEMU itself write down its
    # events, so that how a guest ended is known even if no server was there.
    return [
        *("-qmp", "unix:qmp.sock,server=on,wait=off"),
        "-chardev",
        "socket,id=events-log,path=qmp-events.sock,server=on,wait=off,logfile=qmp-events.log,logappend=on",
        *("-mon", "chardev=events-log,mode=control"),
    ]
