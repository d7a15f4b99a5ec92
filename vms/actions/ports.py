"""A VM's port mappings, from their values alone; who else has such a port is in ``reserve``."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace

from vms.actions.trying import Found, tried
from vms.capabilities import PortMapping
from vms.choices import NetworkMode, Protocol
from vms.configuration import Networking, Port
from vms.errors import Invalid


def checked_ports(
    ports: tuple[Port, ...], networks: tuple[Networking, ...], rules: PortMapping, found: Found
) -> tuple[Port, ...]:
    """The mappings by the node's ``rules``, addresses filled in; none where one is wrong, as ``found`` says.

    Raises:
        Invalid: a mapping is wrong (the first, without ``found``), or there can be none here.
    """
    if ports and not rules.enabled:
        raise Invalid("ports: port mapping is switched off on this node ([cvm.port_mapping] enabled)")
    if ports and all(network.mode != NetworkMode.USER for network in networks):
        raise Invalid("ports: need a network of mode user; this VM has none")
    checked: dict[int, Port] = {}
    for index, port in enumerate(ports):
        filled = tried(found, _checked, index, port, checked, rules)
        if filled is not None:
            checked[index] = filled
    return tuple(checked.values()) if len(checked) == len(ports) else ()


def ports_collide(one: Port, other: Port) -> bool:
    """Same protocol and host port, with the same address or one of them the wildcard."""
    return (
        one.protocol == other.protocol
        and one.host_port == other.host_port
        and (one.host_address == other.host_address or "0.0.0.0" in (one.host_address, other.host_address))
    )


def _checked(index: int, port: Port, before: Mapping[int, Port], rules: PortMapping) -> Port:
    where = f"ports[{index}]"
    if port.protocol not in Protocol.values:
        raise Invalid(f"{where}.protocol: must be tcp or udp, not {port.protocol!r}")
    if not 0 < port.vm_port < 65536:
        raise Invalid(f"{where}.vm_port: must be between 1 and 65535, not {port.vm_port}")
    _check_host_port(where, port, rules)
    filled = replace(port, host_address=port.host_address or rules.address)
    try:
        ipaddress.IPv4Address(filled.host_address)
    except ValueError:
        raise Invalid(f"{where}.host_address: must be an IPv4 address, such as 127.0.0.1") from None
    for earlier, other in before.items():
        if ports_collide(filled, other):
            raise Invalid(f"{where}: {port.protocol} port {port.host_port} is already ports[{earlier}]")
    return filled


def _check_host_port(where: str, port: Port, rules: PortMapping) -> None:
    if rules.is_allowed(port.protocol, port.host_port):
        return
    spans = [f"{first}-{last}" for protocol, first, last in rules.ranges if protocol == port.protocol]
    raise Invalid(
        f"{where}.host_port: {port.protocol} port {port.host_port} is not allowed; "
        f"allowed here: {', '.join(spans) or 'none'}"
    )
