"""Linux's files in /proc and /etc, as a guest sent them (proc(5), resolv.conf(5)): garbage tells nothing."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address

MAX_ADDRESSES = 16
_MEMORY = re.compile(r"^(\w+): +([0-9]{1,15}) kB$", re.MULTILINE | re.ASCII)
_MODEL = re.compile(r"^model name\s*: (.{1,256})$", re.MULTILINE)
_LOAD = re.compile(r"([0-9]{1,6})\.([0-9]{2}) ([0-9]{1,6})\.([0-9]{2}) ([0-9]{1,6})\.([0-9]{2}) ", re.ASCII)
_UPTIME = re.compile(r"([0-9]{1,12})\.[0-9]{2} ", re.ASCII)
_NAME_SERVER = re.compile(r"^nameserver\s+(\S{1,64})", re.MULTILINE)
_ROUTE = re.compile(r"^\S+\t00000000\t([0-9A-F]{8})\t([0-9A-F]{4})\t", re.MULTILINE)
_IS_GATEWAY = 0x2
"""RTF_GATEWAY of <net/route.h>."""


def memory(meminfo: str) -> dict[str, int]:
    """``SystemInfo``'s fields about memory and swap, in bytes; none where the guest's memory isn't told."""
    told = {name: int(size) << 10 for name, size in _MEMORY.findall(meminfo)}
    if "MemTotal" not in told:
        return {}
    total, swap = told["MemTotal"], told.get("SwapTotal", 0)
    available, free_swap = told.get("MemAvailable", 0), told.get("SwapFree", 0)
    return {
        "total_memory": total,
        "available_memory": available,
        "used_memory": max(0, total - available),
        "free_memory": told.get("MemFree", 0),
        "total_swap": swap,
        "used_swap": max(0, swap - free_swap),
        "free_swap": free_swap,
    }


def load_averages(loadavg: str) -> dict[str, int]:
    """``SystemInfo``'s load averages, times 100."""
    found = _LOAD.match(loadavg)
    if found is None:
        return {}
    values = [int(found[i]) * 100 + int(found[i + 1]) for i in (1, 3, 5)]
    return dict(zip(("loadavg_one", "loadavg_five", "loadavg_fifteen"), values, strict=True))


def uptime(text: str) -> int:
    """Whole seconds since boot."""
    found = _UPTIME.match(text)
    return int(found[1]) if found else 0


def cpu_model(cpuinfo: str) -> str:
    """What the first CPU is called."""
    found = _MODEL.search(cpuinfo)
    return found[1].strip() if found else ""


def name_servers(resolv_conf: str) -> list[str]:
    return [text for text in _NAME_SERVER.findall(resolv_conf) if _is_address(text)][:MAX_ADDRESSES]


def gateways(route: str) -> list[str]:
    """The IPv4 addresses that default routes lead to; /proc/net/route has them in the CPU's byte order."""
    found = [
        socket.inet_ntoa(bytes.fromhex(address)[::-1])
        for address, flags in _ROUTE.findall(route)
        if int(flags, 16) & _IS_GATEWAY
    ]
    return found[:MAX_ADDRESSES]


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
