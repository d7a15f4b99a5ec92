"""What this process counts about itself, for ``/metrics``: one registry of its own.

Who does something counts it here; nobody reads these but ``vms.pages.metrics``. Labels have few
values, all of them ours: nothing that a client or a guest chooses makes a new one.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from vms.version import REV, VERSION

registry = CollectorRegistry()
ProcessCollector(registry=registry)

QUICK = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
"""Seconds; for what takes milliseconds when all is well."""
LONG = (0.3, 1, 3, 10, 30, 60, 300)
"""Seconds; for what waits for machines."""

REQUESTS = Counter(
    "dstack_vmm_requests",
    "Requests answered, by service (path), method and HTTP status.",
    ["service", "method", "status"],
    registry=registry,
)
REQUEST_SECONDS = Histogram(
    "dstack_vmm_request_duration_seconds",
    "Time from a request's arrival at its method to its answer, what it waited for included.",
    ["service", "method", "status"],
    buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 10),
    registry=registry,
)
DATABASE_WAIT = Histogram(
    "dstack_vmm_database_write_wait_seconds",
    "Time that a write transaction waited for its turn.",
    buckets=QUICK,
    registry=registry,
)
WEBSOCKETS = Gauge(
    "dstack_vmm_websocket_clients", "Websockets that are open, by path.", ["path"], registry=registry
)
LANES = Gauge(
    "dstack_vmm_worker_active_vms", "VMs that the worker has something to do for.", registry=registry
)
LANE_WAIT = Histogram(
    "dstack_vmm_worker_wake_wait_seconds",
    "Time from a VM's wake until the worker looks at it: other VMs never cause it, the VM's own work does.",
    buckets=QUICK,
    registry=registry,
)
LANE_FAILURES = Counter(
    "dstack_vmm_worker_failures", "Work on a VM that failed and is tried again.", registry=registry
)
STARTS_WAITING = Gauge(
    "dstack_vmm_start_queue_waiting", "VMs that wait for their turn to boot.", registry=registry
)
STARTS_BOOTING = Gauge(
    "dstack_vmm_start_queue_booting", "VMs that have their turn to boot.", registry=registry
)
START_WAIT = Histogram(
    "dstack_vmm_start_queue_wait_seconds",
    "Time that a VM waited for its turn to boot.",
    buckets=LONG,
    registry=registry,
)
LAUNCHES = Counter(
    "dstack_vmm_launches", "Launches of QEMU, by how they went.", ["outcome"], registry=registry
)
LAUNCH_SECONDS = Histogram(
    "dstack_vmm_launch_duration_seconds",
    "Time that a launch took from its turn until QEMU answered, or was given up.",
    buckets=LONG,
    registry=registry,
)
EXITS = Counter(
    "dstack_vmm_vm_exits", "Ends of VMs that ran, by why they ended.", ["reason"], registry=registry
)
BUILD = Gauge(
    "dstack_vmm_build_info",
    "Always 1; the labels say which program this is.",
    ["version", "revision"],
    registry=registry,
)
BUILD.labels(VERSION, REV).set(1)

for _outcome in ("running", "refused"):
    LAUNCHES.labels(_outcome)
