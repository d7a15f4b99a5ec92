"""This host as GetHost tells it: what it is, what of it VMs have, and what the server is set to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q, Sum

from vmm_site.config.reference import meanings
from vmm_site.config.report import as_toml, plain, values
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.figures.board import board
from vms.figures.readings import NodeReading
from vms.models import Node, Vm
from vms.selectors.node import NodeRow, this_node

SET, NOT_SET = "(set)", "(not set)"
PROC = Path("/proc")
_STARTED, _AFTER_NAME = 22, 3
"""Fields of proc_pid_stat(5), counted from 1; the name before those may hold blanks."""

_FINDING: dict[str, object] = {
    **dict.fromkeys(("id", "group", "title", "level", "found", "remedy"), ""),
    **{"affects": [], "prevents": False, "skipped": False},
}


@dataclass(frozen=True)
class HostSetting:
    """One value in effect: a text as it is, all else as TOML has it; of a secret, whether there is one."""

    key: str
    value: str
    is_default: bool
    help: str


@dataclass(frozen=True)
class HostRow:
    """GetHost's answer. Memory in MB, disks in GB, times in milliseconds since 1970.

    ``…_used`` is what VMs have that run, or should; ``max_…`` is None where the operator set no limit.
    ``disk_…`` are of the file system that VMs grow in, None until it was looked at.
    """

    name: str
    version: str
    platform: str
    accelerator: str
    started_at_ms: int
    cpus: int
    cpu_model: str
    memory_mb: int
    vcpus_used: int
    memory_mb_used: int
    max_vcpu: int | None
    max_memory_mb: int | None
    vms_running: int
    vms: int
    data_dir: str
    disk_total_gb: int | None
    disk_free_gb: int | None
    kernel: str
    qemu_version: str
    settings: list[HostSetting]
    findings: list[dict[str, object]]
    findings_at_ms: int


def this_host() -> HostRow:
    """What is so now. Nothing in here waits for a disk: their sizes are the sampler's last reading."""
    row: NodeRow = this_node(with_findings=True)
    node = Node.objects.filter(name=row.name).first() or Node()
    here = Vm.objects.filter(node=node.pk)
    used = here.filter(~Q(actual=Actual.OFF) | Q(desired=Desired.RUNNING)).aggregate(
        vcpu=Sum("vcpu"), memory=Sum("memory")
    )
    disk_total, disk_free = _disk(board.node)
    return HostRow(
        name=row.name,
        version=row.version,
        platform=row.platform,
        accelerator=row.accelerator,
        started_at_ms=started_at_ms(),
        cpus=os.cpu_count() or 0,
        cpu_model=cpu_model(),
        memory_mb=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        vcpus_used=used["vcpu"] or 0,
        memory_mb_used=used["memory"] or 0,
        max_vcpu=row.max_vcpu,
        max_memory_mb=row.max_memory_mb,
        vms_running=here.exclude(actual=Actual.OFF).count(),
        vms=here.count(),
        data_dir=str(conf().data_dir),
        disk_total_gb=disk_total,
        disk_free_gb=disk_free,
        kernel=" ".join((os.uname().sysname, os.uname().release)),
        qemu_version=node.qemu_version,
        settings=list(_settings()),
        findings=list(_findings(row.findings)),
        findings_at_ms=row.findings_at_ms,
    )


def _settings() -> Iterator[HostSetting]:
    config, meaning = conf(), meanings()
    for names, field, value in values(config):
        key = ".".join(names)
        shown = _text(plain(value)) if field.repr else SET if value else NOT_SET
        yield HostSetting(key, shown, key not in config.given, meaning.get(key, ""))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else as_toml(value)


def _findings(told: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Just these fields: what an older or a newer server wrote down may have others."""
    for finding in told:
        yield {name: finding.get(name, default) for name, default in _FINDING.items()}


@cache
def started_at_ms() -> int:
    """When this process began."""
    ticks = int((PROC / "self/stat").read_text().rpartition(")")[2].split()[_STARTED - _AFTER_NAME])
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return int((time.time() - age_s) * 1000)


@cache
def cpu_model() -> str:
    """What the kernel calls the first CPU; empty where it doesn't say."""
    try:
        lines = (PROC / "cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    named = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in named if name.strip() == "model name"), "")


def _disk(figures: NodeReading | None) -> tuple[int | None, int | None]:
    """All of it and what is free."""
    if figures is None or figures.disk_total_bytes is None or figures.disk_free_bytes is None:
        return None, None
    return figures.disk_total_bytes >> 30, figures.disk_free_bytes >> 30
