"""What a guest that was taken over does: floods its event port, puts another program in its agent's place."""

from __future__ import annotations

import json
import shlex
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from tests.real.console import run
from tests.real.server import Server

MIB = 1 << 20
FLOOD = 22 * MIB
"""Bytes that a guest writes, at least, each time that it writes all it has."""

_EVENTS = "$(/usr/lib/demo/virtio-port dev.dstack.events)"
_AGENT = "$(/usr/lib/demo/virtio-port org.qemu.guest_agent.0)"

LINES = r"""
{"event":"boot.progress","payload":"flood"}
{"event":"boot.error","payload":"\u001b[2J\r\n\u0000\u202e <script>alert(1)</script>"}
{"event":"../../../../tmp/pwned","payload":"../../../../tmp/pwned"}
{"event":"instance.info","payload":"{\"instance_id\":\"../../../../tmp/pwned\",\"app_id\":\"00\"}"}
{"event":"instance.info","payload":"{\"instance_id\":[\"aa\"],\"instance_id_seed\":{\"a\":1}}"}
{"event":"instance.info","payload":"[[[[[[[["}
{"event":"host.stopped","payload":"forged"}
{"event":7,"payload":"x"}
{"event":["boot.progress"],"payload":{"a":1}}
{"event":"x","payload":null}
{"payload":"x"}
null
17
"boot.progress"
[]
{"event":"\ud800","payload":"half a character"}
{"event":"shutdown.progress","payload":"not yet"}
"""
"""Lines that a guest may write; the shell adds bytes that are no UTF-8, deep nesting and CR."""


def take_over(run_dir: Path) -> None:
    """Let nobody in the guest use its event port but who floods it, and make what it floods with."""
    run(run_dir, "kill $(grep -l event-sender /proc/[0-9]*/cmdline | cut -d/ -f3) 2>/dev/null")
    for line in LINES.strip().splitlines():
        run(run_dir, f"printf '%s\\n' {shlex.quote(line)} >> /tmp/lines")
    run(
        run_dir,
        r"printf '\377\376\000\n{\"event\":\"\377\"}\n{\"event\":\"cr\"}\r\n' >> /tmp/lines; "
        "(head -c 15000 /dev/zero | tr '\\0' '['; echo) >> /tmp/lines; "
        "for i in 1 2 3 4 5 6 7 8; do cat /tmp/lines /tmp/lines > /tmp/more; mv /tmp/more /tmp/lines; done; "
        "(cat /tmp/lines /tmp/lines /tmp/lines; head -c 10485760 /dev/zero | tr '\\0' x; echo) > /tmp/flood; "
        "rm /tmp/lines",
    )


def flood(run_dir: Path, times: int) -> None:
    """Have the guest write hostile lines and one of 10 MiB to its event port, so often, as fast as it can."""
    run(
        run_dir,
        f"rm -f /tmp/over; (for i in $(seq {times}); do cat /tmp/flood; done > {_EVENTS}; : > /tmp/over) "
        "> /dev/null 2>&1 & :",
    )


def burn(run_dir: Path) -> None:
    """Have the guest use its CPU and say nothing: what that alone costs others is not its words' doing."""
    run(run_dir, "(rm -f /tmp/over; while [ ! -e /tmp/over ]; do :; done) & :")


def stop_burning(run_dir: Path) -> None:
    run(run_dir, ": > /tmp/over")


def is_over(run_dir: Path) -> bool:
    """Whether the flood that was begun last has ended."""
    return "over" in run(run_dir, "ls /tmp/over 2>/dev/null")


def say(run_dir: Path, event: str, payload: str) -> None:
    """One orderly event."""
    line = json.dumps({"event": event, "payload": payload})
    run(run_dir, f"printf '%s\\n' {shlex.quote(line)} > {_EVENTS}")


def replace_agent(run_dir: Path, script: str) -> None:
    """Have the guest's init run that script as its agent: descriptor 3 is the agent's port, both ways."""
    lines = ["#!/bin/sh", f"exec 3<>{_AGENT} || exit", "echo $$ > /tmp/agent.pid", script]
    run(run_dir, f"printf '%s\\n' {shlex.join(lines)} > /tmp/agent; chmod 755 /tmp/agent")
    run(
        run_dir,
        "mv /tmp/agent /usr/lib/demo/guest-agent; "
        "old=$(cat /tmp/agent.pid 2>/dev/null); rm -f /tmp/agent.pid",
    )
    run(
        run_dir,
        "kill -KILL $old $(pidof qemu-ga) 2>/dev/null; until [ -s /tmp/agent.pid ]; do usleep 50000; done",
    )


@dataclass(frozen=True)
class Footprint:
    """What the server holds now: bytes of memory, rows of events of one VM, bytes of its event file."""

    memory: int
    rows: int
    file: int


def footprint(server: Server, vm_id: str) -> Footprint:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0]) * 1024
    return Footprint(memory, rows(server, vm_id), (server.run_dir(vm_id) / "events.jsonl").stat().st_size)


def rows(server: Server, vm_id: str) -> int:
    """Events of that VM in the database."""
    (database,) = server.data.glob("*.sqlite3")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        count: int = connection.execute("select count(*) from vms_event where vm_id = ?", [vm_id]).fetchone()[
            0
        ]
        return count
    finally:
        connection.close()
