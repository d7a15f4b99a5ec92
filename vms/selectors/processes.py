"""The processes behind the VMs, as SvList answers them.

A VM's QEMU has the VM's id as its own; the TPM beside it is ``<vm id>-swtpm``.
"""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import Any

from vms.choices import Actual, Desired
from vms.conf import conf
from vms.models import Vm

MAX_COMMAND_BYTES = 32 * 1024
START_TOLERANCE_MS = 2_000
"""Two readings of the clock, and the kernel's ticks, lie between a noted start and a process's own."""
_BY_US = frozenset({"host-qmp-quit", "host-signal", "killed"})
"""How a process ends that StopVm ended."""
_COLUMNS = (
    "id",
    "name",
    "desired",
    "actual",
    "pid",
    "started_at_ms",
    "tpm_pid",
    "tpm_started_at_ms",
    "exit_reason",
    "exit_code",
    "boot_progress",
    "boot_error",
)

SWTPM = "-swtpm"
"""What a TPM's process has behind its VM's id and name."""

Row = dict[str, Any]


def list_processes() -> list[Row]:
    """SvProcessInfo rows of this node, those of the oldest VM first; one query."""
    here = Vm.objects.filter(node__name=conf().effective_node_name)
    rows = here.order_by("created_at_ms", "id").values(*_COLUMNS)
    processes = []
    for row in rows:
        processes.append(_process(row))
        if row["tpm_started_at_ms"] is not None:
            processes.append(_tpm(row))
    return processes


def _tpm(row: Row) -> Row:
    pid = row["tpm_pid"]
    return {
        "id": f"{row['id']}{SWTPM}",
        "name": f"{row['name']}{SWTPM}",
        "status": "running" if pid else "error(it ended, and its VM runs on without it)",
        "pid": pid,
        "command": command_line(pid, row["tpm_started_at_ms"]) if pid else "",
        "note": f"the TPM of VM {row['id']}; ends with it",
    }


def _process(row: Row) -> Row:
    pid = row["pid"] if row["actual"] != Actual.OFF else None
    return {
        "id": row["id"],
        "name": row["name"],
        "status": _status(row),
        "pid": pid,
        "command": command_line(pid, row["started_at_ms"]) if pid else "",
        "note": _note(row),
    }


def _status(row: Row) -> str:
    """``running``, ``stopped``, ``exited(<code>)`` or ``error(<message>)``."""
    if row["actual"] in (Actual.ON, Actual.UNKNOWN):
        return "running"
    reason, code = row["exit_reason"], row["exit_code"]
    ended_by_us = row["desired"] != Desired.RUNNING and reason in _BY_US
    if row["actual"] == Actual.STARTING or not reason or ended_by_us:
        return "stopped"
    return f"error({row['boot_error'] or reason})" if code is None else f"exited({code})"


def _note(row: Row) -> str:
    if row["actual"] == Actual.UNKNOWN:
        return "lives, but does not answer"
    if row["actual"] == Actual.STARTING:
        return f"to be started: {row['boot_progress']}"
    return str(row["exit_reason"]) if row["actual"] == Actual.OFF else ""


def command_line(pid: int, started_at_ms: int | None) -> str:
    """The command line of that process, as a shell would read it; empty unless it started then.

    A pid is given anew to other processes, whose command lines are nobody's business here.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            data = file.read(MAX_COMMAND_BYTES)
    except OSError:
        return ""
    ticks = int(stat[stat.rindex(b")") + 2 :].split()[19])
    since_start_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    its_start_ms = (time.time() - since_start_s) * 1000
    if started_at_ms is None or abs(its_start_ms - started_at_ms) > START_TOLERANCE_MS:
        return ""
    return shlex.join(data.decode(errors="replace").rstrip("\0").split("\0"))
