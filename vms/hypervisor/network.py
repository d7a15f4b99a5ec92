"""Network interfaces: MAC addresses and ``-netdev`` arguments."""

from __future__ import annotations

import hashlib

from .options import CONTROL_CHARACTERS, bridge_name, ipv4, refuse_unless, whole
from .spec import GuestSpec, HostSettings, NetworkMode, NetworkSpec, PortForward

MAC_LENGTH = 6
MAC_PREFIX_LIMIT = 3


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


def netdev(network: NetworkSpec, index: int, host: HostSettings) -> str:
    """The value of ``-netdev`` for interface ``index``, whose id is ``net<index>``."""
    match network.mode:
        case NetworkMode.USER:
            restrict = "yes" if host.user_net_restrict else "no"
            forwards = "".join(f",hostfwd={hostfwd(forward)}" for forward in network.forwards)
            return f"user,id=net{index},net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict={restrict}{forwards}"
        case NetworkMode.BRIDGE:
            return f"bridge,id=net{index},br={bridge_name(network.bridge_name)}"
        case NetworkMode.CUSTOM:
            return custom_netdev(network.custom, index)


def hostfwd(forward: PortForward) -> str:
    """``tcp:127.0.0.1:8080-:80``: a host's port that leads into the guest."""
    host_port = whole(forward.host_port, 1, 65535, "a host port")
    guest_port = whole(forward.guest_port, 1, 65535, "a guest port")
    return f"{forward.protocol.value}:{ipv4(forward.host_address)}:{host_port}-:{guest_port}"


def custom_netdev(text: str, index: int) -> str:
    """The operator's own ``-netdev``, which must name itself ``net<index>``.

    It is trusted otherwise: a netdev can start programs on the host, so no
    caller may let anyone but the operator choose it.
    """
    refuse_unless(not CONTROL_CHARACTERS.search(text), "a custom network holds control characters")
    refuse_unless(f"id=net{index}" in text.split(","), f"the custom network {text!r} must hold id=net{index}")
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
