"""What the node says of its host with each heartbeat: made of the last reading, nothing is read for it."""

from __future__ import annotations

from vms.actions.nodes import Room
from vms.figures.board import board
from vms.figures.readings import NodeReading

MB = 1024 * 1024


class RoomWatch:
    """Remembers the reading before, for CPU time is a counter."""

    def __init__(self) -> None:
        self._before: NodeReading | None = None
        self._told = Room()

    def now(self) -> Room:
        """What the host has and uses; of a host that was not read yet nothing."""
        latest = board.node
        if latest is None or latest is self._before:
            return self._told
        before, self._before = self._before, latest
        self._told = room_of(before, latest)
        return self._told


def room_of(before: NodeReading | None, latest: NodeReading) -> Room:
    """Of two readings, the CPU in per cent of all that the host has."""
    cpu = None
    if before is not None and latest.taken_s > before.taken_s and latest.cpus:
        used = (latest.cpu_s - before.cpu_s) / (latest.taken_s - before.taken_s)
        cpu = round(min(100.0, max(0.0, 100 * used / latest.cpus)), 1)
    disk = latest.disk_total_bytes is not None and latest.disk_free_bytes is not None
    return Room(
        disk_total_mb=(latest.disk_total_bytes or 0) // MB if disk else None,
        disk_free_mb=(latest.disk_free_bytes or 0) // MB if disk else None,
        memory_used_mb=(latest.memory_total_bytes - latest.memory_available_bytes) // MB,
        cpu=cpu,
    )
