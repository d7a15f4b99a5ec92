"""What the guest boots, and the chipset it boots on."""

from __future__ import annotations

from pathlib import Path

from ..options import plain_path, refuse_unless, whole
from ..spec import Accelerator, GuestSpec, HostSettings, SevSnp


def boot(spec: GuestSpec, host: HostSettings) -> list[str]:
    """Firmware where the image has one, kernel and initrd."""
    firmware = _firmware(spec)
    return [
        *(("-bios", plain_path(firmware)) if firmware is not None else ()),
        *("-kernel", plain_path(_kernel(spec, host))),
        *("-initrd", _initrd(spec.image.initrd)),
    ]


def _firmware(spec: GuestSpec) -> Path | None:
    image = spec.image
    if isinstance(spec.tee, SevSnp) and image.bios_sev is not None:
        return image.bios_sev
    return image.bios


def _kernel(spec: GuestSpec, host: HostSettings) -> Path:
    image = spec.image
    # Firmware loads no PVH kernel. And SeaBIOS, driving a TPM, leaves a PVH guest without ACPI tables.
    allows_pvh = host.accelerator is Accelerator.TCG and image.bios is None and not spec.swtpm
    return image.pvh_kernel if allows_pvh and image.pvh_kernel is not None else image.kernel


def _initrd(path: Path) -> str:
    # For a multiboot kernel QEMU reads a list of files, split at commas: what an image calls
    # "a,/etc/shadow", a file in its folder "a,", would hand the host's file to the guest.
    text = plain_path(path)
    refuse_unless(",/" not in text, f"the initrd {text!r}: no folder in its path may end in a comma")
    return text


def chipset(host: HostSettings) -> list[str]:
    """Properties of the chipset that the operator set; they are measured."""
    argv: list[str] = []
    if host.hotplug_off:
        argv += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
    if host.pci_hole64_size:
        whole(host.pci_hole64_size, 1, 2**64 - 1, "the size of the 64-bit PCI hole (bytes)")
        argv += ["-global", f"q35-pcihost.pci-hole64-size={host.pci_hole64_size:#x}"]
    return argv
