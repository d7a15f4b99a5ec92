"""What can be asked of a guest, whatever way its agent is reached.

A guest is hostile: what it says is read strictly and bounded (:mod:`vms.guest.reading`) before it
becomes one of these values, and shown as text, never used as a path or a name of ours. What an
agent does not know is 0 or empty. The fields are those of dstack's ``guest_api`` messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from vms.errors import Conflict, TookTooLong, UpstreamFailed


class AgentFailed(UpstreamFailed):
    """The agent can't be reached, refuses, or answers what can't be understood."""


class AgentSilent(TookTooLong):
    """The agent did not answer in time."""


class NotOffered(Conflict):
    """This kind of agent can't tell that."""


@dataclass(frozen=True)
class GuestAddress:
    """Which guest is meant, and what decides how its agent is reached.

    ``cid`` is its vsock context id; ``confidential`` says that it runs in a TEE, so that it has
    only the devices of its measured configuration; ``image`` is its image's name.
    """

    vm_id: str
    node_id: int
    cid: int
    confidential: bool
    image: str


@dataclass(frozen=True)
class GuestInfo:
    """Who the guest says it is; ``version`` is its agent's."""

    version: str = ""
    app_id: bytes = b""
    instance_id: bytes = b""
    app_cert: str = ""
    tcb_info: str = ""
    device_id: bytes = b""


@dataclass(frozen=True)
class DiskInfo:
    """A mounted file system; sizes in bytes."""

    name: str = ""
    mount_point: str = ""
    total_size: int = 0
    free_size: int = 0


@dataclass(frozen=True)
class SystemInfo:
    """The guest's system. Memory and swap in bytes, uptime in seconds, load averages times 100."""

    os_name: str = ""
    os_version: str = ""
    kernel_version: str = ""
    cpu_model: str = ""
    num_cpus: int = 0
    total_memory: int = 0
    available_memory: int = 0
    used_memory: int = 0
    free_memory: int = 0
    total_swap: int = 0
    used_swap: int = 0
    free_swap: int = 0
    uptime: int = 0
    loadavg_one: int = 0
    loadavg_five: int = 0
    loadavg_fifteen: int = 0
    disks: tuple[DiskInfo, ...] = ()


@dataclass(frozen=True)
class IpAddress:
    address: str = ""
    prefix: int = 0


@dataclass(frozen=True)
class Interface:
    """A network interface; traffic in bytes since the guest booted."""

    name: str = ""
    addresses: tuple[IpAddress, ...] = ()
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_errors: int = 0
    tx_errors: int = 0


@dataclass(frozen=True)
class Gateway:
    address: str = ""


@dataclass(frozen=True)
class NetworkInformation:
    dns_servers: tuple[str, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    wg_info: str = ""


@dataclass(frozen=True)
class Container:
    """A container that runs, or ran, in the guest; ``created`` is in seconds since 1970."""

    id: str = ""
    names: tuple[str, ...] = ()
    image: str = ""
    image_id: str = ""
    created: int = 0
    state: str = ""
    status: str = ""


@dataclass(frozen=True)
class ListContainersResponse:
    containers: tuple[Container, ...] = ()


class GuestAgent(Protocol):
    """One guest's agent. Calls take as long as the agent lets them: who calls sets the deadline.

    ``concurrency`` is how many calls at a time it is good for. Every call raises AgentFailed,
    AgentSilent, or NotOffered for what this kind of agent never tells.
    """

    concurrency: ClassVar[int]

    async def info(self) -> GuestInfo: ...

    async def sys_info(self) -> SystemInfo: ...

    async def network_info(self) -> NetworkInformation: ...

    async def list_containers(self) -> ListContainersResponse: ...

    async def shutdown(self) -> None:
        """Ask the guest to power off; returns once it has accepted."""
