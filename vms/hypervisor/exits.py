"""How a guest ended, pieced together from what QEMU and the shim left in its directory.

The exit code alone can't tell a power-off from ``quit`` or SIGTERM (all 0), so
QEMU's own SHUTDOWN event comes first, then the code, then the words on stderr.
"""

from __future__ import annotations

import json
import re
import signal
import time

from vms import faults

from .base import Exit, ExitReason
from .durable import read_regular_file, read_tail
from .records import DETAIL_LIMIT, LaunchRecord, Phase, read_exit, write_exit
from .rundir import RunDir

EVENT_LOG_TAIL = 64 * 1024

SHELL_SIGNAL_BASE = 128
"""A shell's exit code for a program that a signal ended is this and the signal's number."""

REASONS = {
    "guest-shutdown": ExitReason.GUEST_SHUTDOWN,
    "guest-reset": ExitReason.GUEST_RESET,
    "guest-panic": ExitReason.GUEST_PANIC,
    "host-qmp-quit": ExitReason.HOST_QUIT,
    "host-ui": ExitReason.HOST_QUIT,
    "host-signal": ExitReason.HOST_SIGNAL,
    "host-error": ExitReason.ERROR,
}
"""QMP ``ShutdownCause`` → our reason."""

SPEAKER = re.compile(r"\A(?:\S*/)?qemu(?:-system-\w+)?: (?:-[a-z]+ \S+: )?")
"""``qemu-system-x86_64: -netdev user,…: `` before an error; the loader of kernels says ``qemu: `` alone."""

GOING_DOWN = {ExitReason.LOST, ExitReason.HOST_SIGNAL, ExitReason.KILLED}
"""How QEMU ends when its host is shut down, or loses power."""

ORDERLY_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM}


def settle(run_dir: RunDir, record: LaunchRecord, *, heard: str | None, boot_id: str) -> Exit | None:
    """How the run of ``record`` ended; noted at the first call, and the same ever after.

    ``heard`` is the SHUTDOWN reason that came over QMP, if anyone listened. ``None``
    is returned for a launch that was interrupted before any process began.
    """
    if record.phase is Phase.PREPARED:
        return None
    known = read_exit(run_dir)
    if known is not None:
        return known
    code = _exit_code(run_dir)
    cause = heard or _logged_cause(run_dir)
    if code is None and cause is None and record.phase is Phase.SPAWNED and record.boot_id == boot_id:
        return None
    reason = _reason(cause, code)
    if record.boot_id != boot_id and reason in GOING_DOWN:
        reason = ExitReason.HOST_REBOOT
    ended = Exit(reason, _ended_at_ms(run_dir), code, stderr_tail(run_dir))
    faults.point("exit.settled")
    try:
        write_exit(run_dir, ended)
    except OSError:
        pass  # a full disk: what it was pieced together from is still there at the next look
    return ended


def stderr_tail(run_dir: RunDir) -> str:
    """The end of what QEMU said on stderr, at most 2 KiB of UTF-8."""
    data = read_tail(run_dir.stderr_log, DETAIL_LIMIT)
    return data.decode(errors="ignore").strip()


def spoken_words(stderr: str) -> str:
    """What QEMU said went wrong, without its program's name, the option it was at, and mere warnings."""
    lines = [SPEAKER.sub("", line) for line in stderr.splitlines()]
    errors = [line for line in lines if line and not line.startswith("warning: ")]
    return "\n".join(errors or lines).strip()


def why_it_ended(ended: Exit | None) -> str:
    """For a launch that came to nothing: QEMU's own words, or that it had none."""
    words = spoken_words(ended.detail) if ended is not None else ""
    code = ended.code if ended is not None else None
    return words or f"QEMU ended at once with code {code} and said nothing"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _reason(cause: str | None, code: int | None) -> ExitReason:
    if cause is not None:
        return REASONS.get(cause, ExitReason.ERROR)
    if code is None:
        return ExitReason.LOST
    if code == 0:
        # Nobody said why, and only a guest's own power-off needs nobody's word.
        return ExitReason.GUEST_SHUTDOWN
    if code == SHELL_SIGNAL_BASE + signal.SIGKILL:
        return ExitReason.KILLED
    if code - SHELL_SIGNAL_BASE in ORDERLY_SIGNALS:
        return ExitReason.HOST_SIGNAL
    return ExitReason.ERROR


def _exit_code(run_dir: RunDir) -> int | None:
    text = read_regular_file(run_dir.exit_file, 16)
    try:
        code = int(text or b"")
    except ValueError:
        return None
    return code if 0 <= code <= 255 else None


def _ended_at_ms(run_dir: RunDir) -> int:
    try:
        return run_dir.exit_file.stat().st_mtime_ns // 1_000_000
    except OSError:
        return now_ms()


def _logged_cause(run_dir: RunDir) -> str | None:
    """The reason of the last SHUTDOWN event that QEMU logged."""
    for line in reversed(read_tail(run_dir.event_log, EVENT_LOG_TAIL).splitlines()):
        if b'"SHUTDOWN"' not in line:
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and event.get("event") == "SHUTDOWN":
            data = event.get("data")
            return str(data.get("reason")) if isinstance(data, dict) else None
    return None
