"""Guests' messages as the wire's tables have them, and both encodings of them, written from those alone.

Nothing of the program takes part, so that what the program writes and reads is held against
something else than itself.
"""

from __future__ import annotations

import struct
from typing import Any

TABLE = """
GuestInfo | 1 version: string; 2 app_id: bytes; 3 instance_id: bytes; 4 app_cert: string; 5 tcb_info: string; 6 device_id: bytes
IpAddress | 1 address: string; 2 prefix: uint32
Interface | 1 name: string; 2 addresses: IpAddress[]; 3 rx_bytes: uint64; 4 tx_bytes: uint64; 5 rx_errors: uint64; 6 tx_errors: uint64
Gateway | 1 address: string
NetworkInformation | 1 dns_servers: string[]; 2 gateways: Gateway[]; 3 interfaces: Interface[]; 4 wg_info: string
ListContainersResponse | 1 containers: Container[]
Container | 1 id: string; 2 names: string[]; 3 image: string; 4 image_id: string; 6 created: int64; 7 state: string; 8 status: string
SystemInfo | 1 os_name: string; 2 os_version: string; 3 kernel_version: string; 4 cpu_model: string; 5 num_cpus: uint32; 6 total_memory: uint64; 7 available_memory: uint64; 8 used_memory: uint64; 9 free_memory: uint64; 10 total_swap: uint64; 11 used_swap: uint64; 12 free_swap: uint64; 13 uptime: uint64; 14 loadavg_one: uint32; 15 loadavg_five: uint32; 16 loadavg_fifteen: uint32; 17 disks: DiskInfo[]
DiskInfo | 1 name: string; 2 mount_point: string; 3 total_size: uint64; 5 free_size: uint64
Id | 1 id: string
HostInfo | 1 name: string; 2 version: string
Notification | 1 event: string; 2 payload: string
GetSealingKeyRequest | 1 quote: bytes
GetSealingKeyResponse | 1 encrypted_key: bytes; 2 provider_quote: bytes
PrpcError | 1 message: string
"""  # noqa: E501
ANSWERS = {
    "Info": "GuestInfo",
    "SysInfo": "SystemInfo",
    "NetworkInfo": "NetworkInformation",
    "ListContainers": "ListContainersResponse",
}
"""What a guest's agent answers, by method; Shutdown answers nothing."""
Values = dict[str, Any]
Field = tuple[int, str, str, bool]


def _fields(text: str) -> list[Field]:
    """(number, name, type, is a list) of each."""
    fields = []
    for entry in text.split(";"):
        number, name, kind = entry.replace(":", "").split()
        fields.append((int(number), name, kind.removesuffix("[]"), kind.endswith("[]")))
    return fields


MESSAGES = {
    name.strip(): _fields(fields) for name, fields in (line.split("|") for line in TABLE.strip().splitlines())
}


def to_binary(message: str, values: Values) -> bytes:
    """Protobuf: proto3 leaves defaults out."""
    written = b""
    for number, name, kind, is_list in MESSAGES[message]:
        for value in values[name] if is_list else [values[name]]:
            if value or is_list:
                written += _one(number, kind, value)
    return written


def from_binary(message: str, data: bytes) -> Values:
    """Every field, absent ones with proto3's default."""
    fields = {number: (name, kind, is_list) for number, name, kind, is_list in MESSAGES[message]}
    defaults: Values = {"string": "", "bytes": b""}
    values: Values = {
        name: [] if is_list else defaults.get(kind, 0) for name, kind, is_list in fields.values()
    }
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        name, kind, is_list = fields[tag >> 3]
        value: Any
        if tag & 7 == 0:
            value, at = _varint(data, at)
            if kind == "int64" and value >= 2**63:
                value -= 2**64
        else:
            assert tag & 7 == 2, tag
            size, at = _varint(data, at)
            value, at = _read(kind, data[at : at + size]), at + size
        values[name] = [*values[name], value] if is_list else value
    return values


def to_json(values: Any) -> Any:
    """The same for JSON: bytes are hex."""
    if isinstance(values, dict):
        return {name: to_json(value) for name, value in values.items()}
    if isinstance(values, list):
        return [to_json(value) for value in values]
    return values.hex() if isinstance(values, bytes) else values


def sample(message: str) -> Values:
    """Values for every field, each different, and as large as its type allows."""
    values: Values = {}
    for number, name, kind, is_list in MESSAGES[message]:
        one: Any = {
            "string": f"{name} ü\n{number}",
            "bytes": bytes([number]) * 20,
            "uint32": 2**32 - number,
            "uint64": 2**64 - number,
            "int64": -(2**63) + number,
        }.get(kind) or sample(kind)
        values[name] = [one, one] if is_list else one
    return values


def _one(number: int, kind: str, value: Any) -> bytes:
    if kind in ("uint32", "uint64", "int64"):
        return _number(number << 3) + _number(value % 2**64)
    data = value.encode() if kind == "string" else value if kind == "bytes" else to_binary(kind, value)
    return _number(number << 3 | 2) + _number(len(data)) + data


def _number(value: int) -> bytes:
    written = b""
    while value > 0x7F:
        written += struct.pack("B", value & 0x7F | 0x80)
        value >>= 7
    return written + struct.pack("B", value)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            return value, at + 1
        at, shift = at + 1, shift + 7


def _read(kind: str, data: bytes) -> Any:
    if kind == "string":
        return data.decode()
    return data if kind == "bytes" else from_binary(kind, data)
