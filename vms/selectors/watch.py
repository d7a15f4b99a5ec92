"""Rows for watchers: what a browser is told of a VM, whole, with every change.

Times are milliseconds since 1970, and the browser counts: a row is valid until its
revision changes, so it is encoded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import QuerySet

from vms.capabilities import Capabilities
from vms.choices import Actual, Desired, Status
from vms.models import Image, PortMapping, Vm
from vms.selectors.capabilities import by_name, known_of
from vms.selectors.compiled import ONE, TWO, Rows
from vms.selectors.info import app_url, ports_of
from vms.selectors.roster import MAX_NAMED
from vms.selectors.sight import Sight

_NODE = "node__name"
_COLUMNS = (
    "id",
    "owner_id",
    "revision",
    "name",
    "image",
    "app_id",
    "vcpu",
    "memory",
    "disk_size",
    "no_tee",
    "created_at_ms",
    "started_at_ms",
    "exited_at_ms",
    "boot_progress",
    "boot_error",
    "shutdown_progress",
    "shutdown_asked_at_ms",
    "exit_reason",
    "exit_code",
    "next_retry_at_ms",
    "restarts",
    "prepared",
    "generation",
    "observed_generation",
    "desired",
    "actual",
    "instance_id",
    "gateway_enabled",
    "gateway_urls",
    "node_id",
    _NODE,
)


@dataclass(frozen=True)
class WatchRow:
    """One VM as the console shows it. ``owner_id`` is the account that it belongs to, if to any.

    A guest that still runs ``NodeRow.shutdown_timeout`` after ``shutdown_asked_at`` may be stopped by force.
    ``restarts`` are automatic ones in a row; ``restart_exhausted``: it crashed once more, and nobody starts
    it again but a person. ``changed_since_start``: it runs with an older configuration than it has.
    """

    id: str
    owner_id: int | None
    revision: int
    name: str
    status: str
    actual: str
    image: str
    image_version: str
    app_id: str
    instance_id: str | None
    app_url: str | None
    vcpu: int
    memory: int
    disk_size: int
    node: str
    no_tee: bool
    created_at: int
    started_at: int | None
    exited_at: int | None
    boot_progress: str
    boot_error: str
    shutdown_progress: str
    shutdown_asked_at: int | None
    exit_reason: str
    exit_code: int | None
    next_retry_at: int | None
    restarts: int
    restart_exhausted: bool
    changed_since_start: bool
    ports: list[dict[str, Any]]

    def encoded(self) -> str:
        """The row as JSON text."""
        return orjson.dumps(self).decode()

    def message(self) -> dict[str, Any]:
        """What is told of it to everybody who watches here."""
        return {
            "type": "vm.row",
            "id": self.id,
            "owner": self.owner_id,
            "revision": self.revision,
            "row": self.encoded(),
        }


def watch_row(vm_id: str) -> WatchRow | None:
    """The row of one VM, or None where there is no such VM."""
    rows = _watch_rows(Vm.objects.filter(pk=vm_id))
    return rows[0] if rows else None


def watch_rows(sight: Sight) -> list[WatchRow]:
    """The rows of all VMs that are seen, oldest first; three queries."""
    return _watch_rows(sight.of(Vm.objects.all()))


def revisions() -> dict[str, int]:
    """The revision of every VM: what a watcher's knowledge is checked against."""
    return dict(Vm.objects.values_list("id", "revision"))


_PORT = ("protocol", "host_port", "vm_port", "host_address")
_ports = Rows(lambda: PortMapping.objects.filter(vm=ONE).order_by("position").values_list(*_PORT))
_version = Rows(lambda: Image.objects.filter(node=ONE, name=TWO).order_by().values_list("version"))


def row_of(vm: Vm) -> WatchRow:
    """The row of a VM that was just written, as it was written; two queries."""
    row = {name: getattr(vm, name) for name in _COLUMNS if name != _NODE} | {_NODE: vm.node.name}
    version = _version.first(vm.node_id, vm.image)
    ports = [dict(zip(_PORT, values, strict=True)) for values in _ports(vm.pk)]
    return _row(row, ports, version[0] if version else "", known_of(vm.node))


def _watch_rows(vms: QuerySet[Vm]) -> list[WatchRow]:
    found = list(vms.order_by("created_at_ms", "id").values(*_COLUMNS))
    ids = [row["id"] for row in found]
    ports = ports_of(ids if len(ids) <= MAX_NAMED else None)
    versions = {
        (node, name): version
        for node, name, version in Image.objects.values_list("node_id", "name", "version")
    }
    able = by_name({row[_NODE] for row in found})
    return [
        _row(
            row,
            ports.get(row["id"], []),
            versions.get((row["node_id"], row["image"]), ""),
            able.get(row[_NODE], Capabilities()),
        )
        for row in found
    ]


def _row(
    row: dict[str, Any], ports: list[dict[str, Any]], image_version: str, able: Capabilities
) -> WatchRow:
    return WatchRow(
        id=row["id"],
        owner_id=row["owner_id"],
        revision=row["revision"],
        name=row["name"],
        status=Status.of(row["desired"], row["actual"]),
        actual=row["actual"],
        image=row["image"],
        image_version=image_version,
        app_id=row["app_id"],
        instance_id=row["instance_id"] or None,
        app_url=app_url(row["gateway_enabled"], row["instance_id"], row["gateway_urls"], able.gateway),
        vcpu=row["vcpu"],
        memory=row["memory"],
        disk_size=row["disk_size"],
        node=row[_NODE],
        no_tee=row["no_tee"],
        created_at=row["created_at_ms"],
        started_at=row["started_at_ms"],
        exited_at=row["exited_at_ms"],
        boot_progress=row["boot_progress"],
        boot_error=row["boot_error"],
        shutdown_progress=row["shutdown_progress"],
        shutdown_asked_at=row["shutdown_asked_at_ms"],
        exit_reason=row["exit_reason"],
        exit_code=row["exit_code"],
        next_retry_at=row["next_retry_at_ms"],
        restarts=row["restarts"],
        restart_exhausted=_is_exhausted(row, able.max_restarts),
        changed_since_start=row["actual"] in (Actual.ON, Actual.UNKNOWN) and not row["prepared"],
        ports=ports,
    )


def _is_exhausted(row: dict[str, Any], max_restarts: int | None) -> bool:
    rests = row["next_retry_at_ms"] is None and row["generation"] == row["observed_generation"]
    is_down = row["desired"] == Desired.RUNNING and row["actual"] == Actual.OFF
    return max_restarts is not None and is_down and rests and row["restarts"] >= max_restarts
