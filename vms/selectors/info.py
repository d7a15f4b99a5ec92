"""VmInfo rows: what Status and GetInfo tell of VMs. Three queries, however many."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from vms.capabilities import Capabilities, Gateway
from vms.choices import Actual, Status
from vms.conf import conf
from vms.configuration import USER_NETWORK
from vms.hypervisor.network import mac_address
from vms.models import Event, PortMapping, Vm
from vms.selectors.capabilities import by_name, own
from vms.selectors.roster import MAX_NAMED, Entry

Row = dict[str, Any]

_BRIEF = (
    "id",
    "name",
    "image",
    "app_id",
    "desired",
    "actual",
    "started_at_ms",
    "exited_at_ms",
    "boot_progress",
    "boot_error",
    "shutdown_progress",
    "outcome_message",
    "instance_id",
    "gateway_enabled",
    "gateway_urls",
    "networks",
    "node__name",
)
_CONFIGURATION = (
    "compose_file",
    "vcpu",
    "memory",
    "disk_size",
    "encrypted_env",
    "user_config",
    "hugepages",
    "pin_numa",
    "gpus",
    "kms_urls",
    "no_tee",
    "simulated_tee",
)


@dataclass(frozen=True)
class Read:
    """A VM's row as it was read. ``info`` lacks two values that count on: ``uptime``, since
    ``started_at_ms`` (None: it does not run), and ``exited_at``, since ``exited_at_ms``."""

    id: str
    info: Row
    started_at_ms: int | None
    exited_at_ms: int | None


def read(entries: Sequence[Entry], *, brief: bool) -> list[Read]:
    """The rows of these VMs, in any order; without their configuration if ``brief``.

    One that went meanwhile is left out.
    """
    narrow = [entry.id for entry in entries] if len(entries) <= MAX_NAMED else None
    vms = Vm.objects.all() if narrow is None else Vm.objects.filter(pk__in=narrow)
    found = list(vms.order_by().values(*_BRIEF, *(() if brief else _CONFIGURATION)))
    events = _last_events(narrow)
    ports = {} if brief else ports_of(narrow)
    known = {entry.id: entry for entry in entries}
    able = by_name({row["node__name"] for row in found})
    rows = []
    for row in found:
        entry = known.get(row["id"])
        if entry is None:
            continue
        heard = events.get(entry.id, [])
        # Told before they are kept anywhere: they may be dropped for their age any moment.
        entry.oldest_event = heard[0][0] if heard else None
        row["events"] = [event for _, event in heard]
        row["ports"] = ports.get(entry.id, [])
        row["image_version"] = entry.image_version
        row["able"] = able.get(row["node__name"], Capabilities())
        runs = row["actual"] != Actual.OFF
        started_at_ms = row["started_at_ms"] if runs else None
        rows.append(Read(entry.id, _vm_info(row, brief), started_at_ms, row["exited_at_ms"]))
    return rows


def _last_events(vm_ids: list[str] | None) -> dict[str, list[tuple[int, Row]]]:
    """The last ``event_buffer_size`` events of each VM with their ids, newest last; one query."""
    events = Event.objects.all() if vm_ids is None else Event.objects.filter(vm_id__in=vm_ids)
    newest = events.annotate(age=Window(RowNumber(), partition_by=F("vm_id"), order_by=F("id").desc()))
    last = newest.filter(age__lte=conf().event_buffer_size).order_by("id")
    found: dict[str, list[tuple[int, Row]]] = {}
    for pk, vm_id, event, body, timestamp in last.values_list("id", "vm_id", "event", "body", "timestamp_ms"):
        found.setdefault(vm_id, []).append((pk, {"event": event, "body": body, "timestamp": timestamp}))
    return found


def ports_of(vm_ids: list[str] | None) -> dict[str, list[Row]]:
    """The port mappings of these VMs (None: of all), by VM id; one query."""
    ports = PortMapping.objects.all() if vm_ids is None else PortMapping.objects.filter(vm_id__in=vm_ids)
    found: dict[str, list[Row]] = {}
    columns = ("vm_id", "protocol", "host_port", "vm_port", "host_address")
    for vm_id, *values in ports.order_by("vm_id", "position").values_list(*columns):
        found.setdefault(vm_id, []).append(dict(zip(columns[1:], values, strict=True)))
    return found


def _vm_info(row: Row, brief: bool) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "status": Status.of(row["desired"], row["actual"]),
        "uptime": "",
        "app_url": app_url(
            row["gateway_enabled"], row["instance_id"], row["gateway_urls"], row["able"].gateway
        ),
        "app_id": row["app_id"],
        "instance_id": row["instance_id"] or None,
        "configuration": None if brief else _configuration(row),
        "exited_at": "",
        "boot_progress": row["boot_progress"],
        "boot_error": row["boot_error"],
        "shutdown_progress": row["shutdown_progress"],
        "image_version": row["image_version"],
        "events": row["events"],
        "interfaces": _interfaces(row["id"], row["networks"], bytes.fromhex(row["able"].mac_prefix)),
        "node": row["node__name"],
    }


def _configuration(row: Row) -> Row:
    networks = row["networks"]
    return {
        "name": row["name"],
        "image": row["image"],
        "compose_file": row["compose_file"],
        "vcpu": row["vcpu"],
        "memory": row["memory"],
        "disk_size": row["disk_size"],
        "ports": row["ports"],
        "encrypted_env": bytes(row["encrypted_env"]),
        "app_id": row["app_id"],
        "user_config": row["user_config"],
        "hugepages": row["hugepages"],
        "pin_numa": row["pin_numa"],
        "gpus": row["gpus"],
        "kms_urls": row["kms_urls"],
        "gateway_urls": row["gateway_urls"],
        "stopped": row["desired"] == "stopped",
        "no_tee": row["no_tee"],
        "networking": networks[0] if networks else None,
        "networks": networks,
        "simulated_tee": row["simulated_tee"] or None,
        "node": "",  # nobody has to be told again where it is
    }


def _interfaces(vm_id: str, networks: list[Row], prefix: bytes) -> list[Row]:
    shown = networks or [{"mode": USER_NETWORK.mode, "bridge_name": ""}]
    backends = {"user": "slirp", "bridge": "tap_bridge"}
    return [
        {
            "mode": network["mode"],
            "backend": backends.get(network["mode"], "custom"),
            "mac": mac_address(vm_id, index, prefix),
            "bridge_name": network["bridge_name"] or None,
            "netdev_id": f"net{index}",
        }
        for index, network in enumerate(shown)
    ]


def app_url(
    gateway_enabled: bool, instance_id: str, gateway_urls: list[str], gateway: Gateway | None = None
) -> str | None:
    """Where its node's gateway serves the app; None until the instance id is known.

    Host and port come from the VM's first own gateway URL when it has one; 443 is not written.
    """
    if not (gateway_enabled and instance_id):
        return None
    gateway = gateway or own().gateway
    domain, port = gateway.base_domain, gateway.port
    if gateway_urls:
        # An address that can't be read must not cost all other VMs their rows.
        with contextlib.suppress(ValueError):
            parts = urlsplit(gateway_urls[0])
            domain, port = parts.hostname or domain, parts.port or 443
    suffix = "" if port == 443 else f":{port}"
    return f"https://{instance_id}-{gateway.agent_port}.{domain}{suffix}"
