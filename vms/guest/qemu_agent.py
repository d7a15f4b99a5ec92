"""The QEMU guest agent: the common way to ask a plain guest.

It tells little of memory and load by itself, so those are read from the guest's ``/proc`` where
the agent lets files be read. No program is run in the guest.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from pathlib import Path
from typing import Any, ClassVar

from vms.guest import proc
from vms.guest.interface import (
    GuestInfo,
    ListContainersResponse,
    NetworkInformation,
    NotOffered,
    SystemInfo,
)
from vms.guest.qemu_channel import Conversation, conversation
from vms.guest.reading import MAX_ITEMS, read_values

MAX_FILE = 64 << 10
"""Bytes of a file in the guest that are read."""
ACCEPT_S = 0.5
"""An agent that shuts its guest down sends no reply; one that refuses does, and at once."""
Object = dict[str, Any]


class QemuAgent:
    """One guest's agent; a connection is made for each call, for only one client is served."""

    concurrency: ClassVar[int] = 1

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def info(self) -> GuestInfo:
        """The agent's version; it knows nothing of applications."""
        async with conversation(self._socket) as agent:
            return read_values(GuestInfo, {"version": _object(await agent.ask("guest-info")).get("version")})

    async def sys_info(self) -> SystemInfo:
        """What the agent and the guest's own ``/proc`` tell; 0 or empty for what they keep back."""
        async with conversation(self._socket) as agent:
            os = _object(await agent.ask_if_offered("guest-get-osinfo"))
            cpus = _objects(await agent.ask_if_offered("guest-get-vcpus"))
            disks = _objects(await agent.ask_if_offered("guest-get-fsinfo"))
            memory = proc.memory(await _file(agent, "/proc/meminfo"))
            told = {
                "os_name": os.get("name"),
                "os_version": os.get("version-id"),
                "kernel_version": os.get("kernel-release"),
                "cpu_model": proc.cpu_model(await _file(agent, "/proc/cpuinfo")),
                "num_cpus": sum(cpu.get("online") is True for cpu in cpus),
                "uptime": proc.uptime(await _file(agent, "/proc/uptime")),
                "disks": [_disk(disk) for disk in disks],
            }
            memory = memory or {"total_memory": await _memory_blocks(agent)}
            load = proc.load_averages(await _file(agent, "/proc/loadavg"))
            return read_values(SystemInfo, told | memory | load)

    async def network_info(self) -> NetworkInformation:
        """Interfaces but the loopback, name servers and IPv4 gateways."""
        async with conversation(self._socket) as agent:
            interfaces = _objects(await agent.ask("guest-network-get-interfaces"))
            told = {
                "dns_servers": proc.name_servers(await _file(agent, "/etc/resolv.conf")),
                "gateways": [{"address": a} for a in proc.gateways(await _file(agent, "/proc/net/route"))],
                "interfaces": [_interface(one) for one in interfaces if one.get("name") != "lo"],
            }
            return read_values(NetworkInformation, told)

    async def list_containers(self) -> ListContainersResponse:
        raise NotOffered(
            "containers can't be listed: this guest has the QEMU guest agent, which knows of none"
        )

    async def shutdown(self) -> None:
        async with conversation(self._socket) as agent:
            with contextlib.suppress(TimeoutError, EOFError):
                async with asyncio.timeout(ACCEPT_S):
                    await agent.ask("guest-shutdown", mode="powerdown")


async def _file(agent: Conversation, path: str) -> str:
    """The beginning of a file in the guest; empty where the agent reads none."""
    handle = await agent.ask_if_offered("guest-file-open", path=path, mode="r")
    if handle is None:
        return ""
    if type(handle) is not int or not -(2**63) <= handle < 2**63:
        raise ValueError("a file's handle that is no number")
    read = _object(await agent.ask_if_offered("guest-file-read", handle=handle, count=MAX_FILE))
    await agent.ask_if_offered("guest-file-close", handle=handle)
    return base64.b64decode(str(read.get("buf-b64", "")), validate=True).decode("utf-8", "replace")


async def _memory_blocks(agent: Conversation) -> int:
    """The guest's memory in bytes by its blocks that are online; 0 where that isn't told."""
    blocks = _objects(await agent.ask_if_offered("guest-get-memory-blocks"))
    size = _object(await agent.ask_if_offered("guest-get-memory-block-info")).get("size")
    online = sum(block.get("online") is True for block in blocks)
    return online * size if type(size) is int else 0


def _disk(told: Object) -> Object:
    total, used = told.get("total-bytes"), told.get("used-bytes")
    both = type(total) is int and type(used) is int
    disk = {"name": told.get("name"), "mount_point": told.get("mountpoint"), "total_size": total}
    return disk | {"free_size": max(0, total - used) if both else 0}  # type: ignore[operator]


def _interface(told: Object) -> Object:
    counted = _object(told.get("statistics"))
    addresses = [
        {"address": one.get("ip-address"), "prefix": one.get("prefix")}
        for one in _objects(told.get("ip-addresses"))
    ]
    return {
        "name": told.get("name"),
        "addresses": addresses,
        "rx_bytes": counted.get("rx-bytes"),
        "tx_bytes": counted.get("tx-bytes"),
        "rx_errors": counted.get("rx-errs"),
        "tx_errors": counted.get("tx-errs"),
    }


def _object(value: Any) -> Object:
    """A JSON object; an empty one for null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("something that is no object where one belongs")
    return value


def _objects(value: Any) -> list[Object]:
    """A JSON list of objects; an empty one for null."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ValueError("something that is no list, or far too long a one, where a list belongs")
    return [_object(item) for item in value]
