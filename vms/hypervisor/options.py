"""Bringing values into QEMU's command line without letting any of them bring options along.

QEMU reads most of its arguments as ``key=value`` lists, split at commas; a comma
in a value is written twice. ``-kernel``, ``-initrd``, ``-append`` and ``-pidfile``
take their argument as it is, where a doubled comma would be wrong.
"""

from __future__ import annotations

import os
import re
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from .errors import LaunchRefused
from .rundir import VM_ID_PATTERN

BRIDGE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\Z")
"""A Linux interface name (15 bytes at most) without anything that QEMU could read."""

USER_PATTERN = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,10})\Z")

CPU_LIST_PATTERN = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*\Z")
"""As in ``/sys/devices/system/node/node0/cpulist``: ``0-15,32-47``."""

PCI_SLOT_PATTERN = re.compile(r"([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]\Z")
"""``65:00.0`` or ``0000:65:00.0``: [domain:]bus:device.function."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def refuse_unless(holds: bool, message: str) -> None:
    """Raise LaunchRefused with ``message`` unless ``holds``."""
    if not holds:
        raise LaunchRefused(message)


def vm_name(vm_id: str) -> str:
    """The id, once it is sure to be one."""
    refuse_unless(bool(VM_ID_PATTERN.match(vm_id)), f"{vm_id!r} is not a VM id")
    return vm_id


def whole(value: int, least: int, most: int, what: str) -> str:
    """A number in its range, in decimal digits."""
    refuse_unless(least <= value <= most, f"{what} must be {least} to {most}, not {value}")
    return str(value)


def one_line(text: str, what: str) -> str:
    """Text that can stand in an argument: no control characters, and bytes to write it with."""
    refuse_unless(not CONTROL_CHARACTERS.search(text), f"{what} holds control characters")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise LaunchRefused(f"{what} holds characters that are no text: {error.reason}") from error
    return text


def list_value(text: str, what: str) -> str:
    """Free text for an option list: its commas doubled."""
    return one_line(text, what).replace(",", ",,")


def plain_path(path: Path) -> str:
    """A path for an argument that QEMU takes as it is."""
    text = str(path)
    refuse_unless(path.is_absolute(), f"{text!r} is not an absolute path")
    return one_line(text, f"the path {text!r}")


def path_value(path: Path) -> str:
    """A path for an option list: its commas doubled."""
    return plain_path(path).replace(",", ",,")


def bridge_name(name: str) -> str:
    refuse_unless(bool(BRIDGE_PATTERN.match(name)), f"{name!r} is not the name of a bridge")
    return name


def user_name(name: str) -> str:
    refuse_unless(bool(USER_PATTERN.match(name)), f"{name!r} is not the name of a user")
    return name


def cpu_list(text: str) -> str:
    refuse_unless(bool(CPU_LIST_PATTERN.match(text)), f"{text!r} is not a list of CPUs like 0-15,32-47")
    return text


def pci_slot(text: str) -> str:
    refuse_unless(bool(PCI_SLOT_PATTERN.match(text)), f"{text!r} is not a PCI address like 65:00.0")
    return text


def ipv4(address: str, what: str) -> IPv4Address:
    """An IPv4 address in four decimal numbers: QEMU's user network knows no other kind here."""
    try:
        return IPv4Address(address)
    except AddressValueError as error:
        raise LaunchRefused(f"{what} must be an IPv4 address, not {address!r}") from error


def kernel_cmdline(text: str) -> str:
    """The kernel's command line: one line of text, taken by QEMU as it is."""
    return one_line(text, "the kernel's command line")
