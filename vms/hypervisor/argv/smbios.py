"""What the guest reads about its maker and model (``/sys/class/dmi/id``)."""

from __future__ import annotations

import re

from ..options import list_value, refuse_unless
from ..spec import HostSettings, SmbiosTable

KEYS = {
    0: ("vendor", "version", "date", "release"),
    1: ("manufacturer", "product", "version", "serial", "uuid", "family", "sku"),
    2: ("manufacturer", "product", "version", "serial", "asset"),
    3: ("manufacturer", "version", "serial", "asset"),
}
"""Types of table (BIOS, system, board, chassis) and their fields, in the order of the command line."""

STRICT = {
    "release": re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\Z"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z"),
}
"""Fields that are no free text to QEMU."""

VALUE_LIMIT = 255


def smbios(host: HostSettings) -> list[str]:
    """A ``-smbios`` for each table with a field."""
    for table in host.smbios:
        _check(table)
    argv: list[str] = []
    for number, keys in KEYS.items():
        given = {key: value for table in host.smbios if table.type == number for key, value in table.fields}
        fields = "".join(f",{key}={_value(key, given[key])}" for key in keys if key in given)
        if fields:
            argv += ["-smbios", f"type={number}{fields}"]
    return argv


def _check(table: SmbiosTable) -> None:
    refuse_unless(table.type in KEYS, f"SMBIOS tables are of type 0 to 3, not {table.type}")
    for key, _ in table.fields:
        allowed = KEYS[table.type]
        refuse_unless(
            key in allowed, f"an SMBIOS table of type {table.type} has {', '.join(allowed)}, not {key!r}"
        )


def _value(key: str, value: str) -> str:
    refuse_unless(
        len(value) <= VALUE_LIMIT, f"the SMBIOS field {key} is longer than {VALUE_LIMIT} characters"
    )
    if key in STRICT:
        refuse_unless(bool(STRICT[key].match(value)), f"{value!r} is no SMBIOS {key}")
    return list_value(value, f"the SMBIOS field {key}")
