"""VmInfo rows: what Status and GetInfo answer. Five queries, however many VMs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from vms.choices import Actual, Status
from vms.conf import conf
from vms.configuration import USER_NETWORK
from vms.database import now_ms
from vms.elapsed import in_words
from vms.hypervisor.network import mac_address
from vms.models import Event, Image, PortMapping, Vm
from vms.selectors.sight import Sight

Row = dict[str, Any]
MAX_NAMED = 500
"""Of more VMs than these it is cheaper to read what belongs to all than to name each in the query."""

_BRIEF = (
    "id",
    "node_id",
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
class Filter:
    """Status's request: empty means all; ``page`` starts at 1, and 0 (of either) means no paging."""

    ids: tuple[str, ...] = ()
    brief: bool = False
    keyword: str = ""
    page: int = 0
    page_size: int = 0


def list_vms(wanted: Filter, sight: Sight) -> tuple[list[Row], int]:
    """VmInfo rows of what is seen, oldest first, and how many match before paging."""
    matching = _matching(wanted, sight)
    chosen = matching.order_by("created_at_ms", "id")
    if wanted.page and wanted.page_size:
        total = matching.count()
        first = (wanted.page - 1) * wanted.page_size
        if first >= total:
            return [], total
        rows = _rows(chosen[first : first + wanted.page_size], wanted.brief)
        return rows, total
    rows = _rows(chosen, wanted.brief)
    return rows, len(rows)


def get_vm(vm_id: str, sight: Sight) -> Row | None:
    """One VM with its configuration; None where there is none that is seen."""
    rows = _rows(sight.of(Vm.objects.filter(pk=vm_id)), brief=False)
    return rows[0] if rows else None


def _matching(wanted: Filter, sight: Sight) -> QuerySet[Vm]:
    vms = sight.of(Vm.objects.all())
    if wanted.ids:
        vms = vms.filter(pk__in=wanted.ids[:10_000])
    if wanted.keyword:
        vms = vms.filter(pk__in=_ids_with_keyword(vms, wanted.keyword))
    return vms


def _ids_with_keyword(vms: QuerySet[Vm], keyword: str) -> list[str]:
    """Case-sensitive on both databases: SQLite's LIKE ignores case, so it only narrows the search."""
    likely = Q()
    for field in ("name", "id", "app_id", "image"):
        likely |= Q(**{f"{field}__contains": keyword})
    found = vms.filter(likely).values_list("id", "name", "app_id", "image")
    return [row[0] for row in found if any(keyword in text for text in row)]


def _rows(vms: QuerySet[Vm], brief: bool) -> list[Row]:
    found = list(vms.values(*_BRIEF, *(() if brief else _CONFIGURATION)))
    ids = [row["id"] for row in found]
    narrow = ids if len(ids) <= MAX_NAMED else None
    events = _last_events(narrow)
    ports = {} if brief else ports_of(narrow)
    versions = {(node, name): version for node, name, version in _image_versions()}
    now = now_ms()
    for row in found:
        row["events"] = events.get(row["id"], [])
        row["ports"] = ports.get(row["id"], [])
        row["image_version"] = versions.get((row["node_id"], row["image"]), "")
    return [_vm_info(row, now, brief) for row in found]


def _image_versions() -> list[tuple[int, str, str]]:
    return list(Image.objects.values_list("node_id", "name", "version"))


def _last_events(vm_ids: list[str] | None) -> dict[str, list[Row]]:
    """The last ``event_buffer_size`` events of each VM, newest last; one query."""
    events = Event.objects.all() if vm_ids is None else Event.objects.filter(vm_id__in=vm_ids)
    newest = events.annotate(age=Window(RowNumber(), partition_by=F("vm_id"), order_by=F("id").desc()))
    last = newest.filter(age__lte=conf().event_buffer_size).order_by("id")
    found: dict[str, list[Row]] = {}
    for vm_id, event, body, timestamp in last.values_list("vm_id", "event", "body", "timestamp_ms"):
        found.setdefault(vm_id, []).append({"event": event, "body": body, "timestamp": timestamp})
    return found


def ports_of(vm_ids: list[str] | None) -> dict[str, list[Row]]:
    """The port mappings of these VMs (None: of all), by VM id; one query."""
    ports = PortMapping.objects.all() if vm_ids is None else PortMapping.objects.filter(vm_id__in=vm_ids)
    found: dict[str, list[Row]] = {}
    columns = ("vm_id", "protocol", "host_port", "vm_port", "host_address")
    for vm_id, *values in ports.order_by("vm_id", "position").values_list(*columns):
        found.setdefault(vm_id, []).append(dict(zip(columns[1:], values, strict=True)))
    return found


def _vm_info(row: Row, now: int, brief: bool) -> Row:
    runs = row["actual"] != Actual.OFF
    return {
        "id": row["id"],
        "name": row["name"],
        "status": Status.of(row["desired"], row["actual"]),
        "uptime": in_words(row["started_at_ms"] if runs else None, now),
        "app_url": app_url(row["gateway_enabled"], row["instance_id"], row["gateway_urls"]),
        "app_id": row["app_id"],
        "instance_id": row["instance_id"] or None,
        "configuration": None if brief else _configuration(row),
        "exited_at": in_words(row["exited_at_ms"], now),
        "boot_progress": row["boot_progress"],
        "boot_error": row["boot_error"],
        "shutdown_progress": row["shutdown_progress"],
        "image_version": row["image_version"],
        "events": row["events"],
        "interfaces": _interfaces(row["id"], row["networks"]),
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
    }


def _interfaces(vm_id: str, networks: list[Row]) -> list[Row]:
    shown = networks or [{"mode": USER_NETWORK.mode, "bridge_name": ""}]
    backends = {"user": "slirp", "bridge": "tap_bridge"}
    prefix = conf().cvm.networking.mac_prefix_bytes
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


def app_url(gateway_enabled: bool, instance_id: str, gateway_urls: list[str]) -> str | None:
    """Where the gateway serves the app; None until the instance id is known.

    Host and port come from the VM's first own gateway URL when it has one; 443 is not written.
    """
    if not (gateway_enabled and instance_id):
        return None
    gateway = conf().gateway
    domain, port = gateway.base_domain, gateway.port
    if gateway_urls:
        # An address that can't be read must not cost all other VMs their rows.
        with contextlib.suppress(ValueError):
            parts = urlsplit(gateway_urls[0])
            domain, port = parts.hostname or domain, parts.port or 443
    suffix = "" if port == 443 else f":{port}"
    return f"https://{instance_id}-{gateway.agent_port}.{domain}{suffix}"
