"""Who can reach what is listened on, and whether that is all right without a login."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address

from vmm_site.endpoints import Endpoint, Tcp


class OpenDoor(Exception):
    """Without authentication, other hosts would own this one."""


def is_reachable(endpoint: Endpoint) -> bool:
    """Whether others than this host's own users can connect. A name that nobody knows counts as reachable."""
    if not isinstance(endpoint, Tcp):
        return False
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError:
        return True
    return not all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def refuse_open_door(endpoints: Sequence[Endpoint], *, login: bool, insecure: bool) -> str:
    """What has to be said of it at start and in the console; empty where the door is closed.

    Raises:
        OpenDoor: there is no login, other hosts can connect, and nobody said that this is meant.
    """
    reachable = [str(endpoint) for endpoint in endpoints if is_reachable(endpoint)]
    if login or not reachable:
        return ""
    where = " and ".join(reachable)
    if not insecure:
        raise OpenDoor(
            f"{where} can be reached from other hosts, and without authentication whoever reaches this "
            "server owns the host. Set auth.enabled = true (VMM_AUTH__ENABLED=true), or listen on 127.0.0.1 "
            "or a Unix socket. If it is really meant to be open: --insecure (VMM_INSECURE=1)"
        )
    return f"insecure: without a login, everybody who reaches {where} owns this host"
