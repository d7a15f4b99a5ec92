"""What this host can do, looked at once, at start. Blocking: not for the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vms.choices import Platform
from vms.conf import conf
from vms.hypervisor.accelerator import choose_accelerator, find_qemu
from vms.hypervisor.spec import Accelerator, HostSettings
from vms.worker.host_settings import host_settings
from vms.worker.tee_platform import find_platform

if TYPE_CHECKING:
    from vmm_site.config import Config


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
    found = find_platform(config.platform, choice.accelerator, tools.qemu_path)
    platform, missing = found.platform, found.missing
    notes = [f"QEMU {tools.version}; {choice.reason}"]
    notice = ""
    if platform is Platform.NONE and whole.from_file is None:
        notice = f"This host has no confidential computing ({missing}): VMs run as plain guests (no_tee)."
        notes.append(notice)
    elif platform is Platform.NONE:
        notes.append(f"Confidential VMs are refused here: {missing}.")
    settings = host_settings(whole, tools, choice.accelerator, found)
    return Host(settings, platform, notice, tuple(notes), missing, tools.version)


def _path(text: object) -> Path | None:
    return Path(str(text)) if text else None
