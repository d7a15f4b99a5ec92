"""Whether the three truths agree: the database, the disk and the processes, each read for itself.

Nothing of the program is asked or imported: what is wrong with it must not hide itself here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNFINISHED = (".new", ".tmp", ".part")
OPEN_PULLS = ("queued", "downloading", "unpacking", "cancelling")


@dataclass(frozen=True)
class Row:
    """What the database says of a VM, as far as it must be so elsewhere, too."""

    id: str
    desired: str
    actual: str
    pid: int | None
    cid: int
    generation: int
    observed_generation: int
    prepared: int
    next_retry_at_ms: int | None
    boot_error: str
    gpus: str

    @property
    def is_at_rest(self) -> bool:
        """Nothing is pending or due, and it is as it should be, or said why not."""
        if self.generation != self.observed_generation or self.next_retry_at_ms is not None:
            return False
        if self.desired == "running":
            return self.actual == "on" or (self.actual == "off" and bool(self.boot_error))
        return self.desired == "stopped" and self.actual == "off" and bool(self.prepared)


class Host:
    """One server's data folder; ``fake`` says whether its guests are. It need not run."""

    def __init__(self, data: Path, *, fake: bool) -> None:
        self.data, self.fake = data, fake
        self.run_path = data / "vm"

    # -- the database

    def rows(self) -> dict[str, Row]:
        names = ", ".join(Row.__dataclass_fields__)
        return {row[0]: Row(*row) for row in self.query(f"SELECT {names} FROM vms_vm")}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(
            sqlite3.connect(f"file:{self.data / 'vmm.sqlite3'}?mode=ro", uri=True, timeout=20)
        ) as database:
            return database.execute(sql).fetchall()

    # -- the disk

    def directories(self) -> list[Path]:
        return sorted(self.run_path.iterdir()) if self.run_path.exists() else []

    # -- the processes

    def processes(self) -> dict[str, list[int]]:
        """The guests that live, by VM."""
        return self._noted_guests() if self.fake else self._living("qemu-system")

    def _noted_guests(self) -> dict[str, list[int]]:
        found = {}
        for folder in self.directories():
            launch = _json(folder / "launch.json")
            if launch.get("phase") == "running" and not (folder / "exit-reason.json").exists():
                found[folder.name] = [int(launch["pid"])]
        return found

    def _living(self, program: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                if not entry.name.isdigit() or b") Z " in (entry / "stat").read_bytes():
                    continue
                where = Path(os.readlink(entry / "cwd").removesuffix(" (deleted)"))
                name = Path(os.fsdecode((entry / "cmdline").read_bytes().split(b"\0")[0])).name
                if where.is_relative_to(self.run_path) and name.startswith(program):
                    found.setdefault(where.name, []).append(int(entry.name))
        return found

    # -- all three

    def unrest(self) -> list[str]:
        """What is still going on, or pending: not to be judged yet."""
        found = [f"VM {row.id}: {row}" for row in self.rows().values() if not row.is_at_rest]
        states = ", ".join(f"'{state}'" for state in OPEN_PULLS)
        found += [
            f"pull {name}" for (name,) in self.query(f"SELECT name FROM vms_pull WHERE state IN ({states})")
        ]
        found += [f"image {name}" for (name,) in self.query("SELECT name FROM vms_image WHERE deleting")]
        reloads = "SELECT name FROM vms_node WHERE reload_generation <> reload_observed_generation"
        return found + [f"node {name} reloads" for (name,) in self.query(reloads)]

    def violations(self) -> list[str]:
        """Where the truths of a host at rest don't agree, or something is left over."""
        rows, processes = self.rows(), self.processes()
        return [
            *self._damaged_database(),
            *self._strangers(rows),
            *self._processes_apart(rows, processes),
            *self._doubly_held(rows),
            *self._leases(rows),
            *self._left_in_directories(rows),
            *self._left_of_images(),
        ]

    def _damaged_database(self) -> list[str]:
        found = [f"database: {line}" for (line,) in self.query("PRAGMA integrity_check") if line != "ok"]
        return found + [f"database: foreign key {row}" for row in self.query("PRAGMA foreign_key_check")]

    def _strangers(self, rows: dict[str, Row]) -> list[str]:
        there = {folder.name for folder in self.directories()}
        found = [f"directory {name} belongs to no VM" for name in sorted(there - rows.keys())]
        return found + [f"VM {name} has no directory" for name in sorted(rows.keys() - there)]

    def _processes_apart(self, rows: dict[str, Row], processes: dict[str, list[int]]) -> list[str]:
        found = []
        for name in sorted(processes.keys() | rows.keys()):
            pids, row = processes.get(name, []), rows.get(name)
            if row is None:
                found.append(f"processes {pids} belong to no VM ({name})")
            elif len(pids) > 1:
                found.append(f"VM {name} runs {len(pids)} times: {pids}")
            elif row.actual == "off" and pids:
                found.append(f"VM {name} is said to be off, and process {pids[0]} lives")
            elif row.actual == "on" and [row.pid] != pids:
                found.append(f"VM {name} is said to run as {row.pid}, and it is {pids}")
        if not self.fake:
            for name, pids in self._living("").items():
                if name in rows and rows[name].actual == "off":
                    found.append(f"VM {name} is off, and processes {pids} work in its directory")
        return found

    def _doubly_held(self, rows: dict[str, Row]) -> list[str]:
        cids = [row.cid for row in rows.values()]
        found = [f"CID {cid} is held twice" for cid in {cid for cid in cids if cids.count(cid) > 1}]
        ports = self.query("SELECT protocol, host_address, host_port, vm_id FROM vms_portmapping")
        places = [port[:3] for port in ports]
        found += [f"port {place} is held twice" for place in set(places) if places.count(place) > 1]
        return found + [f"port {port} is held by no VM" for port in ports if port[3] not in rows]

    def _leases(self, rows: dict[str, Row]) -> list[str]:
        found = []
        held: dict[str, list[str]] = {}
        for slot, holder in self.query("SELECT slot, holder_id FROM vms_gpu WHERE holder_id IS NOT NULL"):
            held.setdefault(holder, []).append(slot)
            if holder not in rows or rows[holder].actual == "off":
                found.append(f"GPU {slot} is leased to {holder}, which does not run")
        for row in rows.values():
            wanted = sorted(gpu["slot"] for gpu in json.loads(row.gpus)["gpus"])
            if row.actual == "on" and sorted(held.get(row.id, [])) != wanted:
                found.append(f"VM {row.id} runs with GPUs {wanted}, and leases {held.get(row.id, [])}")
        return found

    def _left_in_directories(self, rows: dict[str, Row]) -> list[str]:
        found = []
        for folder in self.directories():
            for path in folder.rglob("*"):
                if path.name.endswith(UNFINISHED) or path.name == ".removing":
                    found.append(f"{path.relative_to(self.run_path)} was left unfinished")
            row = rows.get(folder.name)
            if row is not None and row.actual == "off" and _is_locked(folder / "qemu.lock"):
                found.append(f"VM {row.id} is off, and somebody holds its lock")
            launch = _json(folder / "launch.json")
            if row is not None and int(launch.get("generation", 0)) > row.generation:
                found.append(f"VM {row.id} was launched with a generation that nobody asked for")
        return found

    def _left_of_images(self) -> list[str]:
        kept = {f".pull-{name}" for (name,) in self.query("SELECT name FROM vms_pull WHERE state = 'failed'")}
        images = self.data / "image"
        return [
            f"image/{path.name} was left"
            for path in images.iterdir()
            if path.name.startswith(".") and path.is_dir() and path.name not in kept
        ]


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
