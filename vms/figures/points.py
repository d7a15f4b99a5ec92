"""From two readings to a point of a chart."""

from __future__ import annotations

from typing import NamedTuple

from vms.figures.readings import NodeReading, VmReading


class VmPoint(NamedTuple):
    """How much a VM uses; None where it isn't known.

    ``cpu`` is in cores, ``cpu_share`` the fraction of its vCPUs that this is (QEMU's own work
    counts, so it can be a little above 1); ``memory`` and ``disk_used`` are bytes on the host;
    ``disk_read``, ``disk_written``, ``received`` and ``sent`` bytes a second, ``disk_reads`` and
    ``disk_writes`` operations a second. ``guest_received`` and ``guest_sent`` are bytes a second
    as reported by the guest, where the host has no counters of its own.
    """

    cpu: float | None
    cpu_share: float | None
    memory: float | None
    disk_used: float | None
    disk_read: float | None
    disk_written: float | None
    disk_reads: float | None
    disk_writes: float | None
    received: float | None
    sent: float | None
    guest_received: float | None
    guest_sent: float | None


class NodePoint(NamedTuple):
    """How much a host uses: ``cpu`` in cores, ``cpu_share`` of all, sizes in bytes, load averages."""

    cpu: float | None
    cpu_share: float | None
    memory_used: float | None
    memory_total: float | None
    load_1: float | None
    load_5: float | None
    load_15: float | None
    disk_used: float | None
    disk_total: float | None
    running_vms: float | None


def vm_point(before: VmReading | None, now: VmReading) -> VmPoint:
    """The use between two readings; without one before of the same process, there are no rates."""
    if before is None or before.run != now.run:
        before = now
    elapsed = now.taken_s - before.taken_s
    cpu = _rate(before.cpu_s, now.cpu_s, elapsed, digits=4)
    guest_received = guest_sent = None
    if before.guest is not None and now.guest is not None:
        since = now.guest.taken_s - before.guest.taken_s
        guest_received = _rate(before.guest.received_bytes, now.guest.received_bytes, since)
        guest_sent = _rate(before.guest.sent_bytes, now.guest.sent_bytes, since)
    return VmPoint(
        cpu=cpu,
        cpu_share=_share(cpu, now.vcpus),
        memory=now.memory_bytes,
        disk_used=now.disk_used_bytes,
        disk_read=_rate(before.disk_read_bytes, now.disk_read_bytes, elapsed),
        disk_written=_rate(before.disk_written_bytes, now.disk_written_bytes, elapsed),
        disk_reads=_rate(before.disk_reads, now.disk_reads, elapsed),
        disk_writes=_rate(before.disk_writes, now.disk_writes, elapsed),
        received=_rate(before.received_bytes, now.received_bytes, elapsed),
        sent=_rate(before.sent_bytes, now.sent_bytes, elapsed),
        guest_received=guest_received,
        guest_sent=guest_sent,
    )


def node_point(before: NodeReading | None, now: NodeReading) -> NodePoint:
    """The use between two readings; without one before, there is no CPU rate."""
    before = before or now
    cpu = _rate(before.cpu_s, now.cpu_s, now.taken_s - before.taken_s, digits=4)
    total, free = now.disk_total_bytes, now.disk_free_bytes
    return NodePoint(
        cpu=cpu,
        cpu_share=_share(cpu, now.cpus),
        memory_used=now.memory_total_bytes - now.memory_available_bytes,
        memory_total=now.memory_total_bytes,
        load_1=now.load[0],
        load_5=now.load[1],
        load_15=now.load[2],
        disk_used=total - free if total is not None and free is not None else None,
        disk_total=total,
        running_vms=now.running_vms,
    )


def _rate(before: float | None, now: float | None, elapsed_s: float, digits: int = 1) -> float | None:
    """Per second; None where either is unknown, or a counter went back (it began anew)."""
    if before is None or now is None or now < before or elapsed_s <= 0:
        return None
    return round((now - before) / elapsed_s, digits)


def _share(cpu: float | None, cpus: int) -> float | None:
    return None if cpu is None or cpus <= 0 else round(cpu / cpus, 4)
