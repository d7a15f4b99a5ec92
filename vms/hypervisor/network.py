"""Network interfaces: MAC addresses, TAP devices and ``-netdev`` arguments."""

from __future__ import annotations

import hashlib
import re
from ipaddress import IPv4Network

from .errors import LaunchRefused
from .options import bridge_name, ipv4, one_line, refuse_unless, whole
from .spec import GuestSpec, HostSettings, NetworkFilter, NetworkMode, NetworkSpec, PortForward

MAC_LENGTH = 6
MAC_PREFIX_LIMIT = 3

TAP_PREFIX = "dt"
TAP_DIGEST_SIZE = 6
"""Bytes of the digest in a TAP device's name, which leaves it one short of Linux' limit of 15."""

LAST_FILTERED_INTERFACE = 255
"""The highest number of an interface that the service which makes TAP devices accepts."""

INSTANCE_ID_PATTERN = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")
FILTER_PATTERN = re.compile(r"[A-Za-z0-9_.:-]{1,128}\Z")
PARAMETER_NAME_PATTERN = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
PARAMETER_VALUE_LIMIT = 512
PARAMETER_LIMIT = 64


def mac_address(vm_id: str, index: int, prefix: bytes = b"") -> str:
    """The address of a VM's interface ``index``, the same at every launch.

    Bytes of SHA-256 of the VM's id (of ``<vm id>:<index>`` from the second
    interface on), after at most three bytes of ``prefix``; always a locally
    administered unicast address.
    """
    refuse_unless(len(prefix) <= MAC_PREFIX_LIMIT, f"a MAC prefix has at most {MAC_PREFIX_LIMIT} bytes")
    seed = vm_id if index == 0 else f"{vm_id}:{index}"
    octets = bytearray((prefix + hashlib.sha256(seed.encode()).digest())[:MAC_LENGTH])
    octets[0] = octets[0] & 0xFE | 0x02
    return octets.hex(":")


def tap_name(instance_id: str, vm_id: str, index: int) -> str:
    """The TAP device of a VM's filtered interface ``index``: ``dt`` and 12 hex digits.

    From SHA-256 of the server's ``instance_id``, the VM's id and the index in decimal,
    with a NUL between them, as the service that makes the device computes it, too.
    """
    identity = f"{instance_id}\0{vm_id}\0{index}"
    return TAP_PREFIX + hashlib.sha256(identity.encode()).digest()[:TAP_DIGEST_SIZE].hex()


def netdev(vm_id: str, network: NetworkSpec, index: int, host: HostSettings) -> str:
    """The value of ``-netdev`` for interface ``index``, whose id is ``net<index>``."""
    match network.mode:
        case NetworkMode.USER:
            return _user(network, index, host)
        case NetworkMode.BRIDGE if host.network_filter is not None:
            bridge_name(network.bridge_name)
            tap = filtered_tap(host.network_filter, vm_id, index)
            return f"tap,id=net{index},ifname={tap},script=no,downscript=no,vhost=off"
        case NetworkMode.BRIDGE:
            return f"bridge,id=net{index},br={bridge_name(network.bridge_name)}"
        case NetworkMode.CUSTOM:
            return custom_netdev(network.custom, index)


def _user(network: NetworkSpec, index: int, host: HostSettings) -> str:
    try:
        net = IPv4Network(host.user_net, strict=False)
    except ValueError as error:
        raise LaunchRefused(f"the user network must be an IPv4 network, not {host.user_net!r}") from error
    first = ipv4(host.user_net_dhcp_start, "the user network's first DHCP address")
    refuse_unless(first in net, f"the first DHCP address {first} does not lie in the user network {net}")
    restrict = "yes" if host.user_net_restrict else "no"
    forwards = "".join(f",hostfwd={hostfwd(forward)}" for forward in network.forwards)
    return f"user,id=net{index},net={net},dhcpstart={first},restrict={restrict}{forwards}"


def hostfwd(forward: PortForward) -> str:
    """``tcp:127.0.0.1:8080-:80``: a host's port that leads into the guest."""
    address = ipv4(forward.host_address, "the address that a port is forwarded from")
    host_port = whole(forward.host_port, 1, 65535, "a host port")
    guest_port = whole(forward.guest_port, 1, 65535, "a guest port")
    return f"{forward.protocol.value}:{address}:{host_port}-:{guest_port}"


def filtered_tap(network_filter: NetworkFilter, vm_id: str, index: int) -> str:
    """The TAP device of a filtered interface, once its filter is sure to be one.

    The patterns are those of the service that makes the device, or stricter.
    """
    whole(index, 0, LAST_FILTERED_INTERFACE, "the number of a filtered interface")
    instance_id = network_filter.instance_id
    refuse_unless(bool(INSTANCE_ID_PATTERN.match(instance_id)), f"{instance_id!r} is not an instance id")
    name = network_filter.filter
    refuse_unless(bool(FILTER_PATTERN.match(name)), f"{name!r} is not the name of a network filter")
    parameters = network_filter.parameters
    refuse_unless(
        len(parameters) <= PARAMETER_LIMIT, f"a network filter has at most {PARAMETER_LIMIT} parameters"
    )
    for key, value in parameters:
        _check_parameter(key, value)
    return tap_name(instance_id, vm_id, index)


def _check_parameter(key: str, value: str) -> None:
    refuse_unless(bool(PARAMETER_NAME_PATTERN.match(key)), f"{key!r} is not a network filter's parameter")
    one_line(value, f"the network filter's parameter {key}")
    size = len(value.encode(errors="surrogateescape"))
    refuse_unless(
        size <= PARAMETER_VALUE_LIMIT,
        f"the network filter's parameter {key} is longer than {PARAMETER_VALUE_LIMIT} bytes",
    )


def custom_netdev(text: str, index: int) -> str:
    """The operator's own ``-netdev``, which must name itself ``net<index>``.

    It is trusted otherwise: a netdev can start programs on the host, so no
    caller may let anyone but the operator choose it.
    """
    one_line(text, "the custom network")
    # A doubled comma stands in a value: what follows it is no option of its own.
    options = text.replace(",,", "\0").split(",")
    refuse_unless(
        f"id=net{index}" in options,
        f"the custom network {text!r} must hold id=net{index} to be interface {index}; "
        "as it names one interface, a VM can have only one custom network",
    )
    return text


def check_forwards(spec: GuestSpec) -> None:
    """Ports lead in through the first user network alone.

    Raises:
        LaunchRefused: another interface was given forwards, which QEMU would never serve.
    """
    modes = [network.mode for network in spec.networks]
    first_user = modes.index(NetworkMode.USER) if NetworkMode.USER in modes else None
    for index, network in enumerate(spec.networks):
        refuse_unless(
            not network.forwards or index == first_user,
            f"ports can be forwarded by the first user network only, not by interface {index}",
        )
