"""QEMU as a process of this host: starting it, knowing it again, watching and killing it.

It must outlive the server and leave its exit code behind when no server is there,
so it runs under a few bytes of shell that wait for it. A pid alone proves nothing:
a process is known by pid, start time and boot id together (and by the name it
answers to over QMP, which is the driver's part).
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .durable import EXHAUSTED, read_regular_file, replace_file
from .rundir import RunDir

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")

SHIM = '"$@"; code=$?; echo "$code" >"$0.tmp" && mv "$0.tmp" "$0"'
"""Runs its arguments and writes their exit code into the file named by ``$0``; 1.7 MB of memory."""

LARGEST_PID = 2**22
"""The kernel gives no larger one (``PID_MAX_LIMIT``)."""

CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessIdentity:
    """What tells a process from every other one since this host was started.

    ``start_ticks`` is field 22 of ``/proc/<pid>/stat``: clock ticks since boot.
    """

    pid: int
    start_ticks: int

    @property
    def started_at_ms(self) -> int:
        """When it started, in milliseconds since 1970, by the clock as it is set now."""
        since_start_s = time.clock_gettime(time.CLOCK_BOOTTIME) - self.start_ticks / CLOCK_TICKS_PER_S
        return int((time.time() - since_start_s) * 1000)


def boot_id() -> str:
    """Changes whenever the host's kernel is started."""
    return BOOT_ID_FILE.read_text().strip()


def identify(pid: int) -> ProcessIdentity | None:
    """The living process with that pid; ``None`` if there is none, or only a zombie.

    Raises:
        OSError: it can't be told, such as where this process has no file descriptor left.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return None
    # The command's name stands in parentheses and may itself hold any, so count from the last one.
    fields = stat[stat.rindex(b")") + 2 :].split()
    state, start_ticks = fields[0], int(fields[19])
    return None if state in (b"Z", b"X") else ProcessIdentity(pid, start_ticks)


def open_pidfd(identity: ProcessIdentity) -> int | None:
    """A descriptor of exactly that process; ``None`` if it is gone. Raises as :func:`identify`."""
    try:
        pidfd = os.pidfd_open(identity.pid)
    except OverflowError:
        return None
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return None
    # The pid may have been given anew between looking and opening: look again.
    is_it = False
    try:
        is_it = identify(identity.pid) == identity
    finally:
        if not is_it:
            os.close(pidfd)
    return pidfd if is_it else None


def has_ended(pidfd: int) -> bool:
    """Is the process of that descriptor gone (a zombie included)?"""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def tell_when_ended(identity: ProcessIdentity, told: Callable[[], None]) -> Callable[[], None] | None:
    """Have ``told`` called, on this event loop, once that process has ended.

    Returns what stops the watching (repeatable), or ``None`` if the process is gone already.
    """
    pidfd = open_pidfd(identity)
    if pidfd is None:
        return None
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if loop.remove_reader(pidfd):
            os.close(pidfd)

    def ended() -> None:
        stop()
        told()

    loop.add_reader(pidfd, ended)
    return stop


def send(pidfd: int, number: signal.Signals) -> None:
    """A signal; a process that is gone already is no error."""
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        pass


def read_pidfile(run_dir: RunDir) -> int | None:
    """The pid that QEMU wrote down; it may be long gone."""
    try:
        pid = int(read_regular_file(run_dir.pidfile, 32) or b"")
    except ValueError:
        return None
    return pid if 0 < pid <= LARGEST_PID else None


def works_in(pid: int, run_dir: RunDir) -> bool:
    """Is the VM's directory that process's working directory? False also if we may not look."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", run_dir.path)
    except OSError:
        return False


class Child:
    """A process that we started and that may outlive us: reaped here if it ends before.

    It leads a session of its own, so nothing that ends the server ends it.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.ended = asyncio.Event()
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._pidfd = os.pidfd_open(child.pid)
        self._loop.add_reader(self._pidfd, self._has_ended)

    @property
    def pid(self) -> int:
        return self._child.pid

    def kill_all(self) -> None:
        """SIGKILL it and all that it started; a shim writes nothing down then."""
        if not self.ended.is_set():
            os.killpg(self._child.pid, signal.SIGKILL)

    def let_go(self) -> None:
        """Watch it no longer; whoever inherits it reaps it."""
        self._stop_watching()
        # Popen complains about a child that it thinks forgotten: this one is left on purpose.
        self._child.returncode = self._child.returncode or 0

    def _has_ended(self) -> None:
        self._stop_watching()
        self._child.wait()
        self.ended.set()

    def _stop_watching(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1


class Shim(Child):
    """The shell that waits for one QEMU."""

    @classmethod
    def spawn(cls, run_dir: RunDir, argv: list[str], lock: int) -> Shim:
        """Start ``argv`` in the VM's directory, under a shim; the descriptor ``lock`` is inherited.

        What is run is noted there first. Raises OSError where no process can be started.
        """
        replace_file(run_dir.argv_file, json.dumps(argv, indent=1).encode() + b"\n")
        with (
            open(run_dir.stdout_log, "ab", opener=private) as stdout,
            open(run_dir.stderr_log, "ab", opener=private) as stderr,
        ):
            child = subprocess.Popen(
                ["/bin/sh", "-c", SHIM, run_dir.exit_file.name, *argv],
                cwd=run_dir.path,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=(lock,),
            )
        return cls(child)


def private(path: str, flags: int) -> int:
    """An opener of files that only their owner reads, and that are no links."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
