"""QEMU: is it there, how old is it, and what does it know?"""

from __future__ import annotations

import re

from vms.hypervisor.accelerator import HostUnfit, qemu_version
from vms.preflight.finding import Outcome, ok, problem, skipped, warning
from vms.preflight.host import Host
from vms.preflight.program import Silent, said_by
from vms.preflight.wishes import Wish, sev_snp_wish, tdx_wish

OLDEST = (7, 2)
"""What this program is tested with: Debian 12's."""

NO_QEMU = skipped("not asked: QEMU does not run (qemu.program)")
NEWER = (
    "use a newer QEMU (Debian 13 has 10.0, Ubuntu 25.10 has 10.1; else build it) "
    "and set qemu_path in [cvm] to it"
)
_NAME = re.compile(r'^name "([^"]+)"|^  ([a-z0-9-]+)$', re.MULTILINE)
"""A device's line, or an object's."""

PLAIN_DEVICES = ("virtio-blk-pci", "virtio-net-pci", "virtio-9p-pci", "virtio-serial-pci", "pvpanic-pci")


def program(host: Host) -> Outcome:
    """It runs. Without it the server doesn't start."""
    configured = host.config.cvm.qemu_path
    if host.qemu is None:
        missing = configured or "qemu-system-x86_64"
        remedy = "set qemu_path in [cvm] right" if configured else "sudo apt install qemu-system-x86"
        return problem(f"{missing} is not there, or can't be run", remedy)
    try:
        version = qemu_version(host.qemu)
    except HostUnfit as error:
        remedy = "set qemu_path in [cvm] right" if configured else "sudo apt install qemu-system-x86"
        return problem(str(error), remedy)
    return ok(f"{host.qemu}, version {version}")


def version(host: Host) -> Outcome:
    """It is as new as this program needs; what newer ones bring is said."""
    if host.qemu is None:
        return NO_QEMU
    try:
        number = qemu_version(host.qemu)
    except HostUnfit:
        return NO_QEMU
    if _parts(number) < OLDEST:
        return warning(
            f"version {number} is older than 7.2, the oldest that this server is tested with",
            "sudo apt install --only-upgrade qemu-system-x86, or set qemu_path in [cvm] to a newer one",
        )
    return ok(f"version {number}{_what_newer_ones_bring(_parts(number))}")


def image_tool(host: Host) -> Outcome:
    """qemu-img makes the disks."""
    configured = host.config.cvm.qemu_img_path
    found = host.program(configured or "qemu-img")
    remedy = "set qemu_img_path in [cvm] right" if configured else "sudo apt install qemu-utils"
    if found is None:
        return problem(f"{configured or 'qemu-img'} is not there, or can't be run", remedy)
    try:
        said_by(found, "--version")
    except Silent as error:
        return problem(str(error), remedy)
    return ok(str(found))


def devices(host: Host) -> Outcome:
    """The devices that every plain VM has. Distributions leave some out, or in packages of their own."""
    try:
        known = _listed(host, "-device")
    except Silent as error:
        return skipped(f"not asked: {error}")
    lacking = [name for name in PLAIN_DEVICES if name not in known]
    if lacking:
        return problem(
            f"this QEMU does not know {', '.join(lacking)}",
            "install a QEMU with these devices and set qemu_path in [cvm] to it",
        )
    return ok("knows all devices of a plain VM")


def tdx(host: Host) -> Outcome:
    """The object that makes a guest a TDX guest."""
    return _object(host, "tdx-guest", "10.1", tdx_wish(host))


def sev_snp(host: Host) -> Outcome:
    """The object that makes a guest a SEV-SNP guest."""
    return _object(host, "sev-snp-guest", "9.1", sev_snp_wish(host))


def iommufd(host: Host) -> Outcome:
    """The object that GPUs are attached through."""
    if not host.config.cvm.gpu.enabled:
        return skipped("not asked: enabled in [cvm.gpu] is false")
    return _object(host, "iommufd", "9.0", Wish.DEMANDED)


def _object(host: Host, name: str, since: str, wish: Wish) -> Outcome:
    try:
        if name in _listed(host, "-object"):
            return ok(f"knows {name}")
    except Silent as error:
        return skipped(f"not asked: {error}")
    return wish.unfulfilled(f"this QEMU does not know {name}, which came with version {since}", NEWER)


def _listed(host: Host, option: str) -> set[str]:
    """The names that ``-object help`` or ``-device help`` lists. Raises Silent."""
    if host.qemu is None:
        raise Silent("QEMU does not run (qemu.program)")
    said = said_by(host.qemu, "-nodefaults", "-machine", "none", option, "help")
    return {device or other for device, other in _NAME.findall(said)}


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def _what_newer_ones_bring(parts: tuple[int, ...]) -> str:
    brought = {(9, 0): "GPUs by iommufd", (9, 1): "SEV-SNP", (10, 1): "TDX"}
    lacking = [f"{what} since {at[0]}.{at[1]}" for at, what in brought.items() if parts < at]
    return f" (newer ones know {', '.join(lacking)})" if lacking else ""
