"""QEMUs that another program started over a VM's directory, and that were taken over as they are.

The existing dstack-vmm starts its guests without a ``-name``, with nothing of our lock and
with no monitor of ours. Such a process is known by what its command line names (or where it
works), and then by pid and start time. It can be watched and be ended by a signal, and no
more, until its VM is started anew: then it is an ordinary one.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .durable import EXHAUSTED, in_thread
from .errors import NotAnswering
from .guest import Guest
from .process import ProcessIdentity, identify
from .records import LaunchRecord, Phase
from .rundir import VM_ID_PATTERN, RunDir

FRESH_S = 1.0
"""For so long one look at all processes serves everybody who only asks what is."""

COMMAND_LINE_LIMIT = 256 * 1024
QEMU_PATTERN = re.compile(rb"(?:.*/)?qemu-(?:system-[a-z0-9_]+|kvm)\Z", re.DOTALL)
GUEST_CID_PATTERN = re.compile(rb"vhost-vsock-pci[^\0]*?\bguest-cid=([0-9]{1,10})(?=[,\0]|\Z)")


@dataclass(frozen=True)
class ForeignProcess:
    """A living QEMU that uses VM directories under our run path.

    ``vm_ids`` are those it names. ``cid`` is its guest's vsock context id, where it has one.
    """

    identity: ProcessIdentity
    vm_ids: frozenset[str]
    cid: int | None = None


class ForeignProcesses:
    """Finds QEMUs by the directories that they use, all in one pass over ``/proc``."""

    def __init__(self, run_path: Path) -> None:
        self._run_path = run_path
        self._found: tuple[ForeignProcess, ...] = ()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def using(self, vm_id: str, *, fresh: bool = False) -> list[ForeignProcess]:
        """Every QEMU that uses that VM's directory; ``fresh`` looks anew, before something is begun."""
        asked_at = time.monotonic()
        async with self._looking:
            oldest = asked_at if fresh else asked_at - FRESH_S
            if self._looked_at < oldest:
                looked_at = time.monotonic()
                self._found = await in_thread(find_all, self._run_path)
                self._looked_at = looked_at
        return [process for process in self._found if vm_id in process.vm_ids]


def find_all(run_path: Path) -> tuple[ForeignProcess, ...]:
    """All living QEMUs that use a directory in ``run_path``. Some milliseconds for a busy host."""
    names = _directory_pattern(run_path)
    found = []
    for entry in os.listdir("/proc"):
        process = _look_at(int(entry), run_path, names) if entry.isdecimal() else None
        if process is not None:
            found.append(process)
    return tuple(found)


def _look_at(pid: int, run_path: Path, names: re.Pattern[bytes]) -> ForeignProcess | None:
    if not QEMU_PATTERN.match(_command_line(pid).split(b"\0", 1)[0]):
        return None
    identity = identify(pid)
    command_line = _command_line(pid)
    vm_ids = {name.decode() for name in names.findall(command_line)} | _works_for(pid, run_path)
    # A pid that was given anew in between must not lend its command line to another process.
    if identity is None or not vm_ids or identify(pid) != identity:
        return None
    cid = GUEST_CID_PATTERN.search(command_line)
    return ForeignProcess(identity, frozenset(vm_ids), int(cid[1]) if cid else None)


def _directory_pattern(run_path: Path) -> re.Pattern[bytes]:
    """Finds ``<run path>/<vm id>`` where an argument or an option's value begins."""
    spellings = {str(run_path), os.path.realpath(run_path)}
    # In an option's value QEMU wants commas doubled.
    spellings |= {text.replace(",", ",,") for text in spellings}
    paths = b"|".join(re.escape(os.fsencode(text)) for text in sorted(spellings))
    return re.compile(rb"(?:(?<=[\0=:,\"])|\A)(?:" + paths + rb")/([A-Za-z0-9_-]{1,64})(?=[/,\0\"]|\Z)")


def _works_for(pid: int, run_path: Path) -> set[str]:
    """The VM in whose directory the process works, if it does and we may see it."""
    try:
        folder = Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return set()
    is_one = folder.parent in (run_path, Path(os.path.realpath(run_path)))
    return {folder.name} if is_one and VM_ID_PATTERN.match(folder.name) else set()


def _command_line(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(COMMAND_LINE_LIMIT)
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return b""


class ForeignGuest(Guest):
    """A taken-over QEMU: it lives or it doesn't, and knows signals only."""

    cid: int | None = None
    _signalled = False

    @classmethod
    def adopt(
        cls, vm_id: str, run_dir: RunDir, found: ForeignProcess, told: Callable[[Guest], None], boot_id: str
    ) -> ForeignGuest | None:
        """Watch that process from now on; ``None`` if it is gone."""
        identity = found.identity
        record = LaunchRecord(
            generation=0,
            phase=Phase.RUNNING,
            boot_id=boot_id,
            pid=identity.pid,
            start_ticks=identity.start_ticks,
            started_at_ms=identity.started_at_ms,
        )
        guest = cls.watch(vm_id, run_dir, record, told)
        if not isinstance(guest, cls):
            return None
        guest.cid = found.cid
        return guest

    @property
    def is_foreign(self) -> bool:
        return True

    @property
    def heard(self) -> str | None:
        return "host-signal" if self._signalled else None

    async def answers(self) -> bool:
        """It was never given anything to answer through: that it lives must do."""
        return self.is_alive

    async def take_over(self) -> None:
        """Note it as the run of this directory, so that its end is told apart from an earlier run's."""
        try:
            await in_thread(_note, self.record, self.run_dir)
        except OSError:
            return  # a full disk, or files that are not ours yet: the next look tries again
        self.is_noted = True

    async def execute(self, command: str) -> object:
        raise NotAnswering("this QEMU was started by another program: only StopVm reaches it")

    async def ask_to_end(self) -> None:
        """SIGTERM, on which QEMU ends in order. Raises NotAnswering where we may not."""
        self._signalled = True
        self.signal(signal.SIGTERM)


def _note(record: LaunchRecord, run_dir: RunDir) -> None:
    known = LaunchRecord.read(run_dir)
    if known is not None and (known.pid, known.start_ticks) == (record.pid, record.start_ticks):
        return
    for trace in (run_dir.exit_file, run_dir.exit_reason_file, run_dir.event_log):
        trace.unlink(missing_ok=True)
    record.write(run_dir)
