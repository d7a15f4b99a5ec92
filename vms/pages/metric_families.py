"""Figures and rows in Prometheus' words: one family for each thing that is measured.

Names follow its conventions: base units, ``_total`` for what only grows. Text that people choose
is in the value of ``vm_name`` only, and escaped by the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from vms.figures.readings import NodeReading, VmReading
from vms.selectors.metrics import Counted

VM = ("vm_id", "vm_name")
Read = Callable[[VmReading], float | None]

_COUNTERS: tuple[tuple[str, str, Read], ...] = (
    ("cpu_seconds", "CPU time of the VM's QEMU, all threads.", lambda vm: vm.cpu_s),
    ("disk_read_bytes", "Bytes that the guest read from its disks.", lambda vm: vm.disk_read_bytes),
    ("disk_written_bytes", "Bytes that the guest wrote to its disks.", lambda vm: vm.disk_written_bytes),
    ("disk_reads", "Read operations of the guest on its disks.", lambda vm: vm.disk_reads),
    ("disk_writes", "Write operations of the guest on its disks.", lambda vm: vm.disk_writes),
)
_GAUGES: tuple[tuple[str, str, Read], ...] = (
    ("vcpus", "Virtual CPUs.", lambda vm: vm.vcpus),
    ("memory_bytes", "Host memory that QEMU holds and no file backs.", lambda vm: vm.memory_bytes),
    ("disk_used_bytes", "What the data disk takes on the host.", lambda vm: vm.disk_used_bytes),
)
_NODE: tuple[tuple[str, str, Callable[[NodeReading], float | None]], ...] = (
    ("cpus", "CPUs of the host.", lambda host: host.cpus),
    ("memory_bytes", "Memory of the host.", lambda host: host.memory_total_bytes),
    (
        "memory_available_bytes",
        "Memory of the host that programs can have.",
        lambda host: host.memory_available_bytes,
    ),
    ("load1", "Load average over one minute.", lambda host: host.load[0]),
    ("load5", "Load average over five minutes.", lambda host: host.load[1]),
    ("load15", "Load average over fifteen minutes.", lambda host: host.load[2]),
    (
        "filesystem_size_bytes",
        "Size of the file system that VMs' directories are in.",
        lambda host: host.disk_total_bytes,
    ),
    ("filesystem_free_bytes", "What is free of it.", lambda host: host.disk_free_bytes),
)


def of_rows(counted: Counted) -> Iterator[Metric]:
    """How many VMs and pulls there are."""
    vms = GaugeMetricFamily("dstack_vmm_vms", "VMs, by status.", labels=("status",))
    for status, number in counted.vms.items():
        vms.add_metric((status,), number)
    yield vms
    pulls = GaugeMetricFamily("dstack_vmm_image_pulls", "Pulls of images, by state.", labels=("state",))
    for state, number in counted.pulls.items():
        pulls.add_metric((state,), number)
    yield pulls


def of_vms(readings: dict[str, VmReading], names: dict[str, str]) -> Iterator[Metric]:
    """What every running VM uses, as it was last read."""
    vms = [((vm_id, names[vm_id]), reading) for vm_id, reading in readings.items() if vm_id in names]
    for kind, families in ((CounterMetricFamily, _COUNTERS), (GaugeMetricFamily, _GAUGES)):
        for name, words, read in families:
            family = kind(f"dstack_vmm_vm_{name}", words, labels=VM)
            for labels, reading in vms:
                if (value := read(reading)) is not None:
                    family.add_metric(labels, value)
            yield family
    yield _traffic("received", "that the guest received", vms, _received)
    yield _traffic("sent", "that the guest sent", vms, _sent)


def of_node(host: NodeReading, history_bytes: int) -> Iterator[Metric]:
    """What the host uses, as it was last read."""
    cpu = CounterMetricFamily("dstack_vmm_node_cpu_seconds", "Time in which the host's CPUs were not idle.")
    cpu.add_metric((), host.cpu_s)
    yield cpu
    for name, words, read in _NODE:
        if (value := read(host)) is not None:
            yield GaugeMetricFamily(f"dstack_vmm_node_{name}", words, value=value)
    words = "Memory that the last hour of all figures takes."
    yield GaugeMetricFamily("dstack_vmm_figures_history_bytes", words, value=history_bytes)


def _traffic(
    what: str,
    words: str,
    vms: list[tuple[tuple[str, str], VmReading]],
    read: Callable[[VmReading], tuple[str, int] | None],
) -> Metric:
    words = f'Bytes {words}. Reported by "guest": its own word, where the host can\'t count.'
    family = CounterMetricFamily(f"dstack_vmm_vm_network_{what}_bytes", words, labels=(*VM, "reported_by"))
    for labels, reading in vms:
        if (found := read(reading)) is not None:
            family.add_metric((*labels, found[0]), found[1])
    return family


def _received(vm: VmReading) -> tuple[str, int] | None:
    if vm.received_bytes is not None:
        return "host", vm.received_bytes
    return None if vm.guest is None else ("guest", vm.guest.received_bytes)


def _sent(vm: VmReading) -> tuple[str, int] | None:
    if vm.sent_bytes is not None:
        return "host", vm.sent_bytes
    return None if vm.guest is None else ("guest", vm.guest.sent_bytes)
