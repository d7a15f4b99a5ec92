"""The kinds of value that the operator's configuration is made of."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(0x[0-9a-f]+|[0-9][0-9_]*)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)


class Section(BaseModel):
    """A table of the file: frozen; keys that it doesn't know were reported before."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Platform(StrEnum):
    """Which confidential-computing technology launches a VM (``none``: plain VMs only)."""

    AUTO = "auto"
    TDX = "tdx"
    AMD_SEV_SNP = "amd-sev-snp"
    NONE = "none"


class AcceleratorChoice(StrEnum):
    """``auto`` takes KVM where it works and translation (TCG) elsewhere."""

    AUTO = "auto"
    KVM = "kvm"
    TCG = "tcg"


class HostShareMode(StrEnum):
    """How a guest sees its VM's ``shared`` folder."""

    NINEP = "9p"
    VVFAT = "vvfat"
    VHD = "vhd"


class TdxVariant(StrEnum):
    AUTO = "auto"
    LEGACY = "legacy"
    LITE = "lite"


class NetworkingMode(StrEnum):
    USER = "user"
    BRIDGE = "bridge"
    CUSTOM = "custom"


class NetworkFilterMode(StrEnum):
    NONE = "none"
    LIBVIRT = "libvirt"


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class SimulatedPlatform(StrEnum):
    TDX = "dstack-tdx"
    GCP_TDX = "dstack-gcp-tdx"
    AMD_SEV_SNP = "dstack-amd-sev-snp"
    NITRO_ENCLAVE = "dstack-nitro-enclave"
    AWS_NITRO_TPM = "dstack-aws-nitro-tpm"


class AccessRole(StrEnum):
    """What somebody may do; the server's own roles."""

    MEMBER = "member"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


def parse_size(value: object) -> object:
    """Bytes of ``4194304``, ``"4M"``, ``"512K"``, ``"1GiB"`` or ``"0x1000"`` (units of 1024)."""
    if not isinstance(value, str):
        return _no_bool(value)
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError("not a size")
    return int(match[1], 0 if match[1].lower().startswith("0x") else 10) * _UNITS[match[2].lower()]


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is needed here, not true or false")
    return value


def resolve_path(text: str, context: Mapping[str, Path]) -> Path:
    """An absolute path: ``~`` is the user's home, relative ones start at the file's folder."""
    if "\0" in text:
        raise ValueError("a path can't hold a NUL character")
    if text == "~" or text.startswith("~/"):
        return context["home"] / text[2:]
    # normpath on purpose: "..", but symbolic links stay what the operator wrote.
    return Path(os.path.normpath(context["base"] / text))


def _host_path(value: object, info: ValidationInfo) -> object:
    return resolve_path(value, info.context) if isinstance(value, str) and info.context else value


def _optional_path(value: object, info: ValidationInfo) -> object:
    return None if value == "" else _host_path(value, info)


def _command(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str) and value and "/" not in value and not value.startswith("~"):
        return Path(value)
    return _optional_path(value, info)


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("the URL must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("the URL names no host")
    return value


def _optional_http_url(value: str) -> str:
    return value and _http_url(value)


def _ip(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("not an IP address") from None


def _proxy(value: str) -> str:
    if value == "unix":
        return value
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError('neither an IP address, nor a network like 10.0.0.0/8, nor "unix"') from None


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(_no_bool)]
"""A whole number; true and false are none."""
Seconds = Annotated[float, BeforeValidator(_no_bool), Field(ge=0, le=86_400 * 365, allow_inf_nan=False)]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    Field(ge=0, lt=2**63, description='bytes, or a number with K, M, G or T: 4194304, "4M"'),
]
"""Bytes."""
Port = Annotated[int, BeforeValidator(_no_bool), Field(ge=1, le=65535)]
Cid = Annotated[int, BeforeValidator(_no_bool), Field(ge=3, lt=2**32 - 1)]
"""A guest's vsock address; 0 to 2 and the last one have meanings of their own."""
HostPath = Annotated[Path, BeforeValidator(_host_path)]
OptionalPath = Annotated[Path | None, BeforeValidator(_optional_path)]
Command = Annotated[Path | None, BeforeValidator(_command)]
"""A program: a path, or a bare name to be looked up in ``PATH``; empty means the usual one."""
HttpUrl = Annotated[str, AfterValidator(_http_url), Field(description="an http:// or https:// URL")]
OptionalHttpUrl = Annotated[
    str, AfterValidator(_optional_http_url), Field(description="an http:// or https:// URL, or nothing")
]
Ip = Annotated[str, AfterValidator(_ip), Field(description="an IP address")]
ProxyAddress = Annotated[
    str, AfterValidator(_proxy), Field(description='IP addresses, networks like 10.0.0.0/8, or "unix"')
]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:%-]*$", description="an IP address or a host name")]
InterfaceName = Annotated[
    str,
    Field(pattern=r"^([A-Za-z0-9_.-]{1,15})?$", description="up to 15 letters, digits, '.', '_' and '-'"),
]
PciId = Annotated[
    str,
    BeforeValidator(_lower),
    Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$", description="vendor:product in hex, like 10de:2335"),
]
PciSlot = Annotated[
    str,
    BeforeValidator(_lower),
    Field(
        pattern=r"^([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$",
        description="a PCI address, like 65:00.0 or 0000:65:00.0",
    ),
]
Text = Annotated[
    str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=255, description="one line of readable text")
]
"""One line of readable text."""
