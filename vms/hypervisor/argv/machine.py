"""The machine's type, and what of it is confidential."""

from __future__ import annotations

from ..spec import Accelerator, GuestSpec, HostSettings, SevSnp, Tdx
from .confidential import sev_snp_guest, tdx_guest


def machine(spec: GuestSpec, host: HostSettings) -> list[str]:
    match spec.tee:
        case None:
            # A split interrupt controller is one that KVM shares with QEMU: TCG knows no such thing.
            irqchip = "" if host.accelerator is Accelerator.TCG else "kernel-irqchip=split,"
            return ["-machine", f"q35,{irqchip}hpet=off"]
        case Tdx() as tdx:
            return [
                *("-machine", "q35,kernel-irqchip=split,confidential-guest-support=tdx,hpet=off"),
                *tdx_guest(tdx, host),
            ]
        case SevSnp() as snp:
            return [
                *sev_snp_guest(snp, spec, host),
                "-machine",
                "q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off",
            ]
