"""What is read of a VM and of a node at one moment: counters, and levels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GuestTraffic:
    """Bytes that a guest says it received and sent since it booted: its word, not the host's.

    ``taken_s`` is when it said so, in seconds of the monotonic clock.
    """

    taken_s: float
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True)
class VmReading:
    """What a VM uses. Counters begin at 0 with its process; ``run`` tells processes apart.

    ``at_ms`` is milliseconds since 1970, for people; ``taken_s`` is seconds of the monotonic
    clock, for rates. None is what isn't known; ``guest`` is there only where the host itself
    can't count the traffic.
    """

    at_ms: int
    taken_s: float
    run: tuple[int, int]
    vcpus: int
    cpu_s: float
    memory_bytes: int
    disk_used_bytes: int | None = None
    disk_read_bytes: int | None = None
    disk_written_bytes: int | None = None
    disk_reads: int | None = None
    disk_writes: int | None = None
    received_bytes: int | None = None
    sent_bytes: int | None = None
    guest: GuestTraffic | None = None


@dataclass(frozen=True)
class NodeReading:
    """What a host uses. ``cpu_s`` is the time in which its ``cpus`` were not idle, since it booted.

    ``disk_…`` are of the file system that VMs' directories are in.
    """

    at_ms: int
    taken_s: float
    cpus: int
    cpu_s: float
    memory_total_bytes: int
    memory_available_bytes: int
    load: tuple[float, float, float]
    disk_total_bytes: int | None
    disk_free_bytes: int | None
    running_vms: int
