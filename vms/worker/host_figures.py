"""What the host as a whole uses, from the kernel."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from vms.database import now_ms
from vms.figures.readings import NodeReading

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
IDLE, IO_WAIT, GUEST = 3, 4, 8
"""Places in a ``cpu`` line of proc_stat(5). Guests' time stands in user time as well."""


class HostFigures:
    """Reads one host; a file system that hangs costs its own figures only."""

    def __init__(self, path: Path) -> None:
        """``path`` is a folder in the file system that VMs grow in."""
        self._path = path
        self._looking: asyncio.Task[tuple[int, int] | None] | None = None

    async def read(self, running_vms: int, within_s: float = 1.0) -> NodeReading:
        """What is used now. Raises OSError or ValueError where the kernel tells it otherwise than Linux."""
        disk = await self._disk(within_s)
        total, available = memory((PROC / "meminfo").read_text("ascii"))
        cpus, cpu_s = cpu((PROC / "stat").read_text("ascii"))
        return NodeReading(
            at_ms=now_ms(),
            taken_s=time.monotonic(),
            cpus=cpus,
            cpu_s=cpu_s,
            memory_total_bytes=total,
            memory_available_bytes=available,
            load=os.getloadavg(),
            disk_total_bytes=disk[0] if disk else None,
            disk_free_bytes=disk[1] if disk else None,
            running_vms=running_vms,
        )

    async def _disk(self, within_s: float) -> tuple[int, int] | None:
        self._looking = self._looking or asyncio.create_task(asyncio.to_thread(space, self._path))
        done, _ = await asyncio.wait({self._looking}, timeout=within_s)
        if not done:
            return None  # waited for again by the next reading
        looked, self._looking = self._looking, None
        return looked.result()


def cpu(stat: str) -> tuple[int, float]:
    """(number of CPUs, seconds in which they were not idle) of ``/proc/stat``."""
    lines = [line.split() for line in stat.splitlines() if line.startswith("cpu")]
    ticks = [int(field) for field in lines[0][1:]]
    busy = sum(ticks[:GUEST]) - ticks[IDLE] - ticks[IO_WAIT]
    return len(lines) - 1, busy / TICKS_PER_S


def memory(meminfo: str) -> tuple[int, int]:
    """(all, available) bytes of ``/proc/meminfo``."""
    told = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    total, available = (int(told[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return total, available


def space(path: Path) -> tuple[int, int] | None:
    """(all, free for us) bytes of a file system; None where it can't be told. Blocking."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize
