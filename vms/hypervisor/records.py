"""Our own notes in a VM's directory: how the last launch went, and how it ended."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .base import Exit, ExitReason
from .durable import read_regular_file, replace_file
from .rundir import RunDir

LARGEST = 2**53
"""No pid, generation or time is larger: what is, was never written by us."""

DETAIL_LIMIT = 2048
"""Characters of QEMU's stderr that are kept with an exit."""

NOTE_LIMIT = 64 * 1024
"""Bytes; our notes are far smaller, and a file that isn't is none of ours."""


class Phase(StrEnum):
    """How far a launch got, written down before each step: a crash can come between any two."""

    PREPARED = "prepared"
    """Traces of the run before may still lie about; no process was started."""
    SPAWNED = "spawned"
    """Those traces are gone; a process may have been started, its pid is not noted yet."""
    RUNNING = "running"
    """QEMU answered: pid and start are noted."""


@dataclass(frozen=True)
class LaunchRecord:
    """The content of ``launch.json``.

    ``start_ticks`` is field 22 of ``/proc/<pid>/stat`` (clock ticks since boot);
    with ``boot_id`` it tells a process from a later one with the same pid.
    """

    generation: int
    phase: Phase
    boot_id: str
    pid: int | None = None
    start_ticks: int | None = None
    started_at_ms: int | None = None

    def write(self, run_dir: RunDir) -> None:
        replace_file(run_dir.launch_file, _encode(dataclasses.asdict(self)))

    @classmethod
    def read(cls, run_dir: RunDir) -> LaunchRecord | None:
        """The record of the last launch; ``None`` if there is none or it can't be understood."""
        note = _decode(read_regular_file(run_dir.launch_file, NOTE_LIMIT))
        try:
            return cls(
                generation=_required(note["generation"]),
                phase=Phase(note["phase"]),
                boot_id=str(note["boot_id"]),
                pid=_number(note.get("pid")),
                start_ticks=_number(note.get("start_ticks")),
                started_at_ms=_number(note.get("started_at_ms")),
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class TpmRecord:
    """The content of ``swtpm.json``: which swtpm was started with the last launch. See LaunchRecord."""

    boot_id: str
    pid: int
    start_ticks: int
    started_at_ms: int

    def write(self, run_dir: RunDir) -> None:
        replace_file(run_dir.tpm_file, _encode(dataclasses.asdict(self)))

    @classmethod
    def read(cls, run_dir: RunDir) -> TpmRecord | None:
        """The record; ``None`` if there is none or it can't be understood."""
        note = _decode(read_regular_file(run_dir.tpm_file, NOTE_LIMIT))
        try:
            return cls(
                boot_id=str(note["boot_id"]),
                pid=_required(note["pid"]),
                start_ticks=_required(note["start_ticks"]),
                started_at_ms=_required(note["started_at_ms"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


def write_exit(run_dir: RunDir, ended: Exit) -> None:
    """Note how the last run ended, so that every later look tells the same."""
    replace_file(run_dir.exit_reason_file, _encode(dataclasses.asdict(ended)))


def read_exit(run_dir: RunDir) -> Exit | None:
    """How the last run ended, where that was noted already."""
    note = _decode(read_regular_file(run_dir.exit_reason_file, NOTE_LIMIT))
    try:
        return Exit(
            reason=ExitReason(note["reason"]),
            at_ms=_required(note["at_ms"]),
            code=_number(note.get("code")),
            detail=str(note.get("detail", ""))[:DETAIL_LIMIT],
        )
    except (KeyError, TypeError, ValueError):
        return None


def _encode(note: dict[str, Any]) -> bytes:
    return json.dumps(note, indent=1).encode() + b"\n"


def _decode(data: bytes | None) -> dict[str, Any]:
    try:
        note = json.loads(data or b"null")
    except (ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def _number(value: object) -> int | None:
    """A whole number that fits where numbers are kept; a damaged note may hold anything."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= LARGEST else None


def _required(value: object) -> int:
    number = _number(value)
    if number is None:
        raise ValueError(f"{str(value)[:40]} is no number of ours")
    return number
