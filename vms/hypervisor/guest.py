"""One living QEMU, as its driver holds it: the process, watched, and the way to talk to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from vms import faults

from .durable import in_thread
from .errors import NotAnswering
from .process import ProcessIdentity, has_ended, identify, open_pidfd, read_pidfile, send, works_in
from .qmp import QmpSession
from .records import LaunchRecord, Phase
from .rundir import RunDir

QMP_TIMEOUT_S = 2.0
"""For a greeting or a reply: a healthy QEMU needs less than a millisecond, a starved one a second."""

EVENT_LOG_LIMIT = 2**20


def with_pid(record: LaunchRecord, run_dir: RunDir) -> LaunchRecord:
    """The record of a launch that nobody saw to its end, with the process that QEMU's pidfile names."""
    pid = read_pidfile(run_dir)
    identity = identify(pid) if pid is not None else None
    if identity is None or not works_in(identity.pid, run_dir):
        return record
    return replace(
        record,
        phase=Phase.RUNNING,
        pid=identity.pid,
        start_ticks=identity.start_ticks,
        started_at_ms=identity.started_at_ms,
    )


class Guest:
    """A process that is surely this VM's (pid, start time, the directory's lock), until it ends.

    ``session`` is the monitor connection, ``None`` until it was made, and again
    after it was lost.
    """

    def __init__(
        self,
        vm_id: str,
        run_dir: RunDir,
        record: LaunchRecord,
        pidfd: int,
        told: Callable[[Guest], None],
    ) -> None:
        self.vm_id = vm_id
        self.run_dir = run_dir
        self.record = record
        self.ended = asyncio.Event()
        self.is_noted = False
        """Has it answered once, been written down and told to log its events?"""
        self.session: QmpSession | None = None
        self.taps: tuple[str, ...] | None = None
        """The names of its TAP devices, once they were looked up: they last as long as it does."""
        self._pidfd = pidfd
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pidfd, self._has_ended)

    @classmethod
    def watch(
        cls,
        vm_id: str,
        run_dir: RunDir,
        record: LaunchRecord,
        told: Callable[[Guest], None],
    ) -> Self | None:
        """Watch the process that ``record`` names; ``None`` if that one is gone."""
        if record.pid is None or record.start_ticks is None:
            return None
        pidfd = open_pidfd(ProcessIdentity(record.pid, record.start_ticks))
        return None if pidfd is None else cls(vm_id, run_dir, record, pidfd, told)

    @property
    def is_alive(self) -> bool:
        # Asked of the kernel, so that it is true also before the loop comes round to telling us.
        return self._pidfd >= 0 and not has_ended(self._pidfd)

    @property
    def is_foreign(self) -> bool:
        """Did another program start it?"""
        return False

    @property
    def heard(self) -> str | None:
        """The SHUTDOWN reason that came over QMP."""
        return None if self.session is None else self.session.shutdown_reason

    async def answers(self) -> bool:
        """Does QEMU answer, and to this VM's name? Connects anew where the connection was lost."""
        try:
            session = await self._open_session()
            return await session.guest_name(QMP_TIMEOUT_S) == self.vm_id
        except NotAnswering:
            return False

    async def take_over(self) -> None:
        """Note a guest that answers for the first time, and have QEMU log its own events from now on."""
        try:
            await in_thread(self.record.write, self.run_dir)
        except OSError:
            return  # a full disk: QEMU's pidfile still names it, and the next look tries again
        try:
            # A monitor emits events once it was negotiated with, also after that client has left.
            async with await QmpSession.open(self.run_dir.event_socket, QMP_TIMEOUT_S):
                pass
        except NotAnswering:
            pass  # then how it ends is known only if we listen, or from its exit code
        self.is_noted = True
        faults.point("guest.noted")

    def trim_event_log(self) -> None:
        """Empty QEMU's log of its events when it has grown: its guest can cause some of them at will."""
        try:
            if self.run_dir.event_log.stat().st_size > EVENT_LOG_LIMIT:
                os.truncate(self.run_dir.event_log, 0)
        except FileNotFoundError:
            pass

    async def execute(self, command: str) -> object:
        """Run a QMP command. Raises NotAnswering."""
        session = await self._open_session()
        return await session.execute(command, QMP_TIMEOUT_S)

    async def ask(self, command: str) -> object:
        """Like :meth:`execute`, over the connection that there is: may overlap every other call."""
        if self.session is None:
            raise NotAnswering("there is no connection to QEMU now")
        return await self.session.execute(command, QMP_TIMEOUT_S)

    async def ask_to_end(self) -> None:
        """Have QEMU end itself. Raises NotAnswering."""
        await self.execute("quit")

    async def _open_session(self) -> QmpSession:
        if self.session is not None and self.session.is_open:
            return self.session
        if self.session is not None:
            await self.session.close()
        self.session = None
        session = await QmpSession.open(self.run_dir.qmp_socket, QMP_TIMEOUT_S)
        if session.peer_pid != self.record.pid:
            await session.close()
            raise NotAnswering(f"qmp.sock is served by process {session.peer_pid}, not by this VM's")
        self.session = session
        return session

    def kill(self) -> None:
        """SIGKILL, to exactly this process. Raises NotAnswering where we may not."""
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """A signal to exactly this process. Raises NotAnswering where we may not."""
        if self._pidfd < 0:
            return
        try:
            send(self._pidfd, number)
        except PermissionError as error:
            raise NotAnswering(
                f"process {self.record.pid} belongs to another user: no signal reaches it"
            ) from error

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end; False if it still lives after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.ended.wait()
        except TimeoutError:
            return False
        return True

    async def let_go(self) -> None:
        """Stop watching and close the connection; the guest runs on."""
        self._stop_watching()
        if self.session is not None:
            await self.session.close()

    def _has_ended(self) -> None:
        self._stop_watching()
        self.ended.set()
        self._told(self)

    def _stop_watching(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
