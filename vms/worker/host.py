"""What this host can do, looked at once, at start. Blocking: not for the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vms.choices import Platform
from vms.conf import conf
from vms.hypervisor.accelerator import choose_accelerator, find_qemu
from vms.hypervisor.spec import Accelerator, HostSettings

if TYPE_CHECKING:
    from vmm_site.config import Config

CPUINFO = Path("/proc/cpuinfo")
TDX_SWITCH = Path("/sys/module/kvm_intel/parameters/tdx")
SNP_DEVICE = Path("/dev/sev")
VSOCK = Path("/dev/vhost-vsock")


@dataclass(frozen=True)
class Host:
    """What was found. ``notice`` is what everybody who uses this node must know, or empty.

    ``missing`` says what confidential VMs lack here (empty if nothing), ``qemu_version`` is the
    number alone.
    """

    settings: HostSettings
    platform: Platform
    notice: str
    notes: tuple[str, ...]
    missing: str = ""
    qemu_version: str = ""


def look_around(whole: Config | None = None) -> Host:
    """Find QEMU, accelerator and platform, for this process's configuration or another one.

    Raises:
        HostUnfit: QEMU is missing, or what the operator demands isn't there.
    """
    whole = whole or conf()
    config = whole.cvm
    tools = find_qemu(_path(config.qemu_path), _path(config.qemu_img_path))
    wanted = None if config.accelerator == "auto" else Accelerator(config.accelerator)
    choice = choose_accelerator(wanted)
    platform, missing = _platform(str(config.platform), choice.accelerator)
    notes = [f"QEMU {tools.version}; {choice.reason}"]
    notice = ""
    if platform is Platform.NONE and whole.from_file is None:
        notice = f"This host has no confidential computing ({missing}): VMs run as plain guests (no_tee)."
        notes.append(notice)
    elif platform is Platform.NONE:
        notes.append(f"Confidential VMs are refused here: {missing}.")
    settings = HostSettings(
        qemu_path=tools.qemu_path,
        qemu_img_path=tools.qemu_img_path,
        accelerator=choice.accelerator,
        mac_prefix=config.networking.mac_prefix_bytes,
        hotplug_off=config.qemu_hotplug_off,
        pci_hole64_size=config.qemu_pci_hole64_size,
        user_net_restrict=config.networking.restrict,
        user=config.user,
        stop_grace_s=float(config.stop_grace),
        launch_timeout_s=float(config.launch_timeout),
    )
    return Host(settings, platform, notice, tuple(notes), missing, tools.version)


def _path(text: object) -> Path | None:
    return Path(str(text)) if text else None


def _platform(configured: str, accelerator: Accelerator) -> tuple[Platform, str]:
    """The platform that guests can be launched on, or NONE and what is missing for one."""
    if configured == Platform.NONE:
        return Platform.NONE, "platform is configured as none"
    snp = configured == Platform.AMD_SEV_SNP or (configured == "auto" and _cpu_has("sev_snp"))
    platform = Platform.AMD_SEV_SNP if snp else Platform.TDX
    missing = _missing_for(platform, accelerator)
    return (Platform.NONE, missing) if missing else (platform, "")


def _missing_for(platform: Platform, accelerator: Accelerator) -> str:
    if accelerator is not Accelerator.KVM:
        return "KVM does not work here"
    if not VSOCK.exists():
        return f"there is no {VSOCK}"
    if platform is Platform.AMD_SEV_SNP:
        return "" if SNP_DEVICE.exists() else f"there is no {SNP_DEVICE}"
    try:
        is_on = TDX_SWITCH.read_text("ascii").strip() in ("Y", "1")
    except OSError:
        is_on = False
    return "" if is_on else "the kernel offers neither SEV-SNP nor TDX"


def _cpu_has(flag: str) -> bool:
    try:
        text = CPUINFO.read_text("ascii", errors="replace")
    except OSError:
        return False
    return any(flag in line.split() for line in text.splitlines() if line.startswith("flags"))
