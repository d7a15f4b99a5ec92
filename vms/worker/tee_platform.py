"""Which confidential VMs this host can launch, or the one thing that it lacks first. Blocking."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vms.choices import Platform
from vms.hypervisor.accelerator import HostUnfit, kvm_hindrance
from vms.hypervisor.sev import ask_sev_capabilities
from vms.hypervisor.spec import Accelerator, SevCapabilities

AUTO = "auto"
ROOT = Path("/")
CPUINFO = "proc/cpuinfo"
TDX_SWITCH = "sys/module/kvm_intel/parameters/tdx"
SNP_SWITCH = "sys/module/kvm_amd/parameters/sev_snp"
SNP_DEVICE = "dev/sev"
VSOCK = "dev/vhost-vsock"
PVM_MODULE = "sys/module/kvm_pvm"


@dataclass(frozen=True)
class FoundPlatform:
    """``platform`` is NONE where none can be had; ``missing`` then ends a sentence that says why.

    ``sev`` is there on SEV-SNP hosts. ``vsock`` says whether guests can be given a vsock device.
    """

    platform: Platform
    vsock: bool
    missing: str = ""
    sev: SevCapabilities | None = None


def find_platform(configured: str, accelerator: Accelerator, qemu: Path, root: Path = ROOT) -> FoundPlatform:
    """Look for the ``configured`` one; ``auto`` takes SEV-SNP where the CPU has it, else TDX."""
    no_vsock = vsock_hindrance(root)
    vsock = not no_vsock
    if configured == Platform.NONE:
        return FoundPlatform(Platform.NONE, vsock, "platform is configured as none")
    missing = _no_kvm(accelerator, root) or no_vsock
    if missing:
        return FoundPlatform(Platform.NONE, vsock, missing)
    if configured == Platform.AMD_SEV_SNP or (configured == AUTO and _cpu_has("sev_snp", root)):
        try:
            sev = _sev_snp(qemu, root)
        except HostUnfit as error:
            return FoundPlatform(Platform.NONE, vsock, str(error))
        return FoundPlatform(Platform.AMD_SEV_SNP, vsock, sev=sev)
    missing = _no_tdx(root)
    if missing and configured == AUTO:
        missing = f"the CPU shows no SEV-SNP, and {missing}"
    return FoundPlatform(Platform.NONE if missing else Platform.TDX, vsock, missing)


def vsock_hindrance(root: Path = ROOT) -> str:
    """Why guests can't be given a vsock device; empty if they can."""
    return _cannot_open(root / VSOCK)


def _no_kvm(accelerator: Accelerator, root: Path) -> str:
    if accelerator is Accelerator.KVM:
        return ""
    return kvm_hindrance(root / "dev/kvm", root / PVM_MODULE) or "accelerator is configured as tcg"


def _sev_snp(qemu: Path, root: Path) -> SevCapabilities:
    """What QEMU says of SEV. Raises HostUnfit."""
    if not _cpu_has("sev_snp", root):
        raise HostUnfit("the kernel sees no SEV-SNP in this CPU")
    if not _is_on(root / SNP_SWITCH):
        raise HostUnfit("KVM has SEV-SNP switched off (kvm_amd.sev_snp)")
    cannot = _cannot_open(root / SNP_DEVICE)
    if cannot:
        raise HostUnfit(cannot)
    return ask_sev_capabilities(qemu)


def _no_tdx(root: Path) -> str:
    if _is_on(root / TDX_SWITCH):
        return ""
    if not (root / TDX_SWITCH).exists():
        return "the kernel's KVM knows no TDX (there is no kvm_intel.tdx)"
    return "KVM has TDX switched off (kvm_intel.tdx)"


def _cannot_open(device: Path) -> str:
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return f"there is no {device}"
    except OSError as error:
        return f"{device} can't be opened ({error.strerror})"
    return ""


def _is_on(parameter: Path) -> bool:
    return _text(parameter).strip() in ("Y", "1")


def _cpu_has(flag: str, root: Path) -> bool:
    lines = _text(root / CPUINFO).splitlines()
    return any(flag in line.split() for line in lines if line.startswith("flags"))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError:
        return ""
