"""Looking at this host, once at start: which QEMU there is, and what can run a guest's instructions.

Blocking (programs are run, devices opened), so not for the event loop.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .spec import Accelerator

KVM_DEVICE = Path("/dev/kvm")
PVM_MODULE = Path("/sys/module/kvm_pvm")

KVM_GET_API_VERSION = 0xAE00
KVM_CREATE_VM = 0xAE01
KVM_API_VERSION = 12
"""The only version there has been since Linux 2.6.22 (the kernel's Documentation/virt/kvm/api.rst)."""

VERSION_PATTERN = re.compile(r"QEMU emulator version (\d+\.\d+(?:\.\d+)?)")
VERSION_TIMEOUT_S = 10.0


class HostUnfit(Exception):
    """This host can't run guests as it was told to; the message says what is missing."""


@dataclass(frozen=True)
class AcceleratorChoice:
    """``reason`` is a sentence for the operator."""

    accelerator: Accelerator
    reason: str


@dataclass(frozen=True)
class QemuTools:
    """The programs, and the version of the first one, the number alone: ``7.2.22``."""

    qemu_path: Path
    qemu_img_path: Path
    version: str


def choose_accelerator(
    wanted: Accelerator | None = None, *, kvm_device: Path = KVM_DEVICE, pvm_module: Path = PVM_MODULE
) -> AcceleratorChoice:
    """KVM where it works, else TCG, unless the operator ``wanted`` one of them.

    Raises:
        HostUnfit: KVM is wanted and does not work here.
    """
    if wanted is Accelerator.TCG:
        return AcceleratorChoice(
            Accelerator.TCG, "TCG, QEMU's software emulation, as configured: guests are slow."
        )
    hindrance = kvm_hindrance(kvm_device, pvm_module)
    if hindrance is None:
        return AcceleratorChoice(Accelerator.KVM, f"KVM: {kvm_device} works.")
    if wanted is Accelerator.KVM:
        raise HostUnfit(f"KVM is configured, but {hindrance}")
    return AcceleratorChoice(
        Accelerator.TCG, f"TCG, QEMU's software emulation, because {hindrance}: guests are slow."
    )


def kvm_hindrance(kvm_device: Path = KVM_DEVICE, pvm_module: Path = PVM_MODULE) -> str | None:
    """Why KVM can't be used, as the end of a sentence; ``None`` if it can."""
    if pvm_module.exists():
        return "this host's KVM is KVM-PVM, in which an ordinary guest hangs"
    try:
        device = os.open(kvm_device, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return f"there is no {kvm_device}"
    except OSError as error:
        return f"{kvm_device} can't be opened ({error.strerror})"
    try:
        version = fcntl.ioctl(device, KVM_GET_API_VERSION, 0)
        if version != KVM_API_VERSION:
            return f"{kvm_device} speaks version {version}, not {KVM_API_VERSION}"
        os.close(fcntl.ioctl(device, KVM_CREATE_VM, 0))
    except OSError as error:
        return f"{kvm_device} makes no virtual machine ({error.strerror})"
    finally:
        os.close(device)
    return None


def find_qemu(qemu_path: Path | None = None, qemu_img_path: Path | None = None) -> QemuTools:
    """The QEMU to use: the given paths, else what ``PATH`` finds.

    Raises:
        HostUnfit: one of the programs is missing or does not run.
    """
    qemu = _find("qemu-system-x86_64", qemu_path, "qemu-system-x86")
    qemu_img = _find("qemu-img", qemu_img_path, "qemu-utils")
    return QemuTools(qemu, qemu_img, qemu_version(qemu))


def qemu_version(qemu: Path) -> str:
    """The version that ``qemu`` says it has. Raises HostUnfit."""
    try:
        said = subprocess.run(
            [qemu, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise HostUnfit(f"{qemu} does not run: {error}") from error
    match = VERSION_PATTERN.search(said)
    if match is None:
        raise HostUnfit(f"{qemu} is no QEMU: it says {said[:100]!r}")
    return match[1]


def _find(program: str, configured: Path | None, package: str) -> Path:
    found = shutil.which(configured or program)
    if found is None:
        raise HostUnfit(
            f"{configured or program} is not there or can't be run; on Debian: apt install {package}"
        )
    return Path(found).absolute()
