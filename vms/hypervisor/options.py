"""Bringing values into QEMU's command line without letting any of them bring options along.

QEMU reads most of its arguments as ``key=value`` lists, split at commas; a comma
in a value is written twice. ``-kernel``, ``-initrd``, ``-append`` and ``-pidfile``
take their argument as it is, where a doubled comma would be wrong.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from .errors import LaunchRefused
from .rundir import VM_ID_PATTERN

BRIDGE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\Z")
"""A Linux interface name (15 bytes at most) without anything that QEMU could read."""

USER_PATTERN = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


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


def plain_path(path: Path) -> str:
    """A path for an argument that QEMU takes as it is."""
    text = str(path)
    refuse_unless(
        path.is_absolute() and not CONTROL_CHARACTERS.search(text), f"{text!r} is not an absolute path"
    )
    return text


def path_value(path: Path) -> str:
    """A path for an option list: its commas doubled."""
    return plain_path(path).replace(",", ",,")


def bridge_name(name: str) -> str:
    refuse_unless(bool(BRIDGE_PATTERN.match(name)), f"{name!r} is not the name of a bridge")
    return name


def user_name(name: str) -> str:
    refuse_unless(bool(USER_PATTERN.match(name)), f"{name!r} is not the name of a user")
    return name


def ipv4(address: str) -> str:
    """An IPv4 address in four decimal numbers: ``hostfwd`` knows no other kind."""
    try:
        return str(IPv4Address(address))
    except AddressValueError as error:
        raise LaunchRefused(
            f"{address!r} is not an IPv4 address; ports can be forwarded from no other"
        ) from error


def kernel_cmdline(text: str) -> str:
    """The kernel's command line: one line of text, taken by QEMU as it is."""
    refuse_unless(not CONTROL_CHARACTERS.search(text), "the kernel's command line holds control characters")
    return text
