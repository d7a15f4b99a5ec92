"""A request in a few words for the audit log: harmless values, and of everything else only its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from vms.prpc.fields import Message
from vms.prpc.methods.base import Values

MAX_VALUE = 80
PLAIN = (
    *("id", "name", "image", "app_id", "vcpu", "memory", "disk_size", "stopped", "no_tee", "simulated_tee"),
    *(
        "hugepages",
        "pin_numa",
        "tag",
        "node",
        "nodes",
        "how",
        "owner",
        "user",
        "role",
        "scopes",
        "active",
        "expires_at_ms",
    ),
    *("max_vms", "max_vcpu", "max_memory", "max_disk_size", "max_gpus"),
)
"""Fields whose values may be seen by whoever reads the audit log. All others may hold secrets."""


def summary(message: Message, values: Values, besides: tuple[str, ...] = ()) -> str:
    """``vcpu=2, ports=tcp 127.0.0.1:8080→80, compose_file given``; what was not given is left out.

    ``besides`` names fields that are told elsewhere.
    """
    return ", ".join(_parts(message, values, besides))


def _parts(message: Message, values: Values, besides: tuple[str, ...]) -> Iterator[str]:
    for name, value in values.items():
        if name in besides or value is None or value == getattr(message.fields[name], "null_value", None):
            continue
        if name in PLAIN:
            yield f"{name}={_plain(value)}"
        elif name in _LISTS:
            yield f"{name}={_LISTS[name](value)}"
        else:
            yield f"{name} given"


def _plain(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text[:MAX_VALUE]


def _ports(ports: tuple[Values, ...]) -> str:
    return " ".join(
        f"{port['protocol']} {port['host_address']}:{port['host_port']}→{port['vm_port']}" for port in ports
    )[: 4 * MAX_VALUE]


def _gpus(gpus: Values) -> str:
    return _plain([gpus["attach_mode"] or "listed", *(gpu["slot"] for gpu in gpus["gpus"])])


def _networks(networks: tuple[Values, ...]) -> str:
    return _plain([f"{network['mode']} {network['bridge_name']}".strip() for network in networks])


_LISTS: dict[str, Callable[[Any], str]] = {"ports": _ports, "gpus": _gpus, "networks": _networks}
