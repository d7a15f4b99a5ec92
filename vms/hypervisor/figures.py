"""What one VM uses, as its host sees it: counters since its QEMU started.

CPU, memory and the disk's size are read from the kernel, which answers whatever QEMU does;
only the disk's traffic is asked of QEMU, which may be silent. Traffic of user-mode networking
is counted nowhere on the host.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import NotAnswering
from .process import CLOCK_TICKS_PER_S, ProcessIdentity

if TYPE_CHECKING:
    from .guest import Guest

PROC = Path("/proc")
INTERFACES = Path("/sys/class/net")
BLOCK = 512
"""The unit of ``st_blocks``, whatever the file system's is."""
LARGEST = 2**63
# A guest's own memory is anonymous; that of SEV-SNP guests is a memfd, and huge pages count apart.
_MEMORY = re.compile(rb"^(?:RssAnon|RssShmem|HugetlbPages):\s+(\d+) kB$", re.MULTILINE)
_TAP = re.compile(rb"^iff:\t([A-Za-z0-9_][A-Za-z0-9_.-]{0,14})$", re.MULTILINE)


@dataclass(frozen=True)
class DiskTraffic:
    """What the guest read and wrote on all its disks, in bytes and in operations."""

    read_bytes: int
    written_bytes: int
    reads: int
    writes: int


@dataclass(frozen=True)
class NetworkTraffic:
    """Bytes that came to the guest, and that it sent, over all its TAP devices."""

    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True)
class Figures:
    """What a VM uses. All but memory and ``disk_used_bytes`` count from the start of its QEMU.

    ``process`` is that QEMU: figures of another one begin at 0 again. ``taken_s`` is when CPU
    and memory were read, in seconds of the monotonic clock. ``cpu_s`` is CPU time of all of
    QEMU's threads. ``memory_bytes`` is what it holds of the host's memory and no file backs;
    private memory of a TDX guest is not counted in it by the kernel. ``disk_used_bytes`` is what
    the data disk takes on the host. What isn't known is None.
    """

    process: ProcessIdentity
    taken_s: float
    cpu_s: float
    memory_bytes: int
    disk_used_bytes: int | None = None
    disk: DiskTraffic | None = None
    network: NetworkTraffic | None = None


async def figures_of(guest: Guest) -> Figures | None:
    """The figures of a living guest; None if it is gone. A QEMU that is silent costs one deadline."""
    if guest.record.pid is None or guest.record.start_ticks is None:
        return None
    process = ProcessIdentity(guest.record.pid, guest.record.start_ticks)
    memory = _memory(process.pid)
    taken_s = time.monotonic()
    cpu_s = _cpu_s(process)
    # Read last, the start time proves that both were this process's: its pid was not given anew.
    if memory is None or cpu_s is None:
        return None
    if guest.taps is None:
        guest.taps = taps_of(process.pid)
    return Figures(
        process,
        taken_s,
        cpu_s,
        memory,
        disk_used_bytes=_used(guest.run_dir.data_disk),
        disk=await _disk_traffic(guest),
        network=network_traffic(guest.taps),
    )


def taps_of(pid: int) -> tuple[str, ...]:
    """Names of the TAP devices that a process holds open."""
    found = []
    for descriptor in _descriptors(pid):
        try:
            if os.readlink(PROC / str(pid) / "fd" / descriptor) == "/dev/net/tun":
                told = (PROC / str(pid) / "fdinfo" / descriptor).read_bytes()
                found += [name.decode("ascii") for name in _TAP.findall(told)]
        except OSError:
            continue  # closed meanwhile
    return tuple(sorted(found))


def network_traffic(taps: tuple[str, ...]) -> NetworkTraffic | None:
    """The traffic of TAP devices, as the guest sees it; None without one, or if one is gone."""
    if not taps:
        return None
    try:
        # What the host receives on the device is what the guest sent.
        received = sum(_counter(INTERFACES / tap / "statistics" / "tx_bytes") for tap in taps)
        sent = sum(_counter(INTERFACES / tap / "statistics" / "rx_bytes") for tap in taps)
    except (OSError, ValueError):
        return None
    return NetworkTraffic(received, sent)


def disk_traffic(told: object) -> DiskTraffic:
    """The sum of what ``query-blockstats`` returned, every number checked: a guest may have its QEMU.

    Raises:
        ValueError: it is not what QEMU returns.
    """
    if not isinstance(told, list):
        raise ValueError("query-blockstats returned no list")
    stats = [_stats(device) for device in told]
    names = ("rd_bytes", "wr_bytes", "rd_operations", "wr_operations")
    return DiskTraffic(*(sum(_number(one.get(name)) for one in stats) for name in names))


async def _disk_traffic(guest: Guest) -> DiskTraffic | None:
    try:
        return disk_traffic(await guest.ask("query-blockstats"))
    except (NotAnswering, ValueError):
        return None


def _stats(device: object) -> dict[str, object]:
    stats = device.get("stats") if isinstance(device, dict) else None
    if not isinstance(stats, dict):
        raise ValueError("query-blockstats returned a device without figures")
    return stats


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < LARGEST:
        raise ValueError("query-blockstats returned something that is no count")
    return value


def _memory(pid: int) -> int | None:
    try:
        told = (PROC / str(pid) / "status").read_bytes()
    except OSError:
        return None
    return sum(int(kilobytes) for kilobytes in _MEMORY.findall(told)) * 1024


def _cpu_s(process: ProcessIdentity) -> float | None:
    """CPU time of exactly that process, its threads included; None if it is gone."""
    try:
        stat = (PROC / str(process.pid) / "stat").read_bytes()
    except OSError:
        return None
    # Counted from the end of the command's name (field 2), which may hold anything: proc_pid_stat(5).
    fields = stat[stat.rindex(b")") + 2 :].split()
    user, system, start_ticks = int(fields[11]), int(fields[12]), int(fields[19])
    return (user + system) / CLOCK_TICKS_PER_S if start_ticks == process.start_ticks else None


def _used(path: Path) -> int | None:
    try:
        return path.stat().st_blocks * BLOCK
    except OSError:
        return None


def _descriptors(pid: int) -> list[str]:
    try:
        return os.listdir(PROC / str(pid) / "fd")
    except OSError:
        return []  # gone, or another user's


def _counter(path: Path) -> int:
    return int(path.read_bytes())
