"""A full driver without a hypervisor, kept honest by the real one's contract tests.

What "runs" is noted in the VM's directory, so a new FakeDriver on the same run
path adopts it, as the real driver would after a restart of the server. Tests
steer it with :meth:`FakeDriver.refuse_launch`, :meth:`FakeDriver.die`,
:meth:`FakeDriver.freeze` and the delays.
"""

from __future__ import annotations

import asyncio
import inspect as introspection
import itertools
import time
from dataclasses import dataclass, replace
from pathlib import Path

from vms import faults

from . import directory
from .base import Exit, ExitListener, ExitReason, Observation, Power, Tpm
from .errors import LaunchRefused, NotAnswering
from .exits import now_ms
from .figures import DiskTraffic, Figures
from .process import ProcessIdentity
from .records import LaunchRecord, Phase, TpmRecord, read_exit, write_exit
from .rundir import RunDir
from .shared_disk import ensure_shared_disk
from .spec import GuestSpec, LogLimits

FAKE_BOOT_ID = "fake"
FIRST_FAKE_PID = 5_000_000
"""Above the kernel's largest pid, so that no real process is ever taken for a fake guest."""

_pids = itertools.count(FIRST_FAKE_PID)


@dataclass(frozen=True)
class Call:
    """One call that the driver got; ``generation`` where a spec came with it."""

    verb: str
    vm_id: str
    generation: int | None = None


class FakeDriver:
    """Implements ``Driver``; all VMs live in small files under ``run_path``."""

    def __init__(self, run_path: Path, boot_id: str = FAKE_BOOT_ID) -> None:
        self.run_path = run_path
        self.boot_id = boot_id
        self.calls: list[Call] = []
        self.launch_delay_s = 0.0
        self.stop_delay_s = 0.0
        self.ignores_powerdown = False
        self._refusals: dict[str | None, str] = {}
        self._frozen: set[str] = set()
        self._figures: dict[str, Figures] = {}
        self._seen: set[str] = set()
        self._foreign: dict[str, int | None] = {}
        self._listener: ExitListener | None = None
        self._notices: set[asyncio.Future[None]] = set()

    # -- the driver's contract

    def on_exit(self, listener: ExitListener) -> None:
        self._listener = listener

    async def scan(self) -> list[str]:
        return directory.scan_ids(self.run_path)

    async def inspect(self, vm_id: str) -> Observation:
        self._note("inspect", vm_id)
        self._seen.add(vm_id)
        return self._look(vm_id)

    async def prepare(self, spec: GuestSpec) -> None:
        self._note("prepare", spec.vm_id, spec.generation)
        directory.fill(self._run_dir(spec.vm_id), spec)

    async def launch(self, spec: GuestSpec) -> Observation:
        self._note("launch", spec.vm_id, spec.generation)
        self._seen.add(spec.vm_id)
        seen = self._look(spec.vm_id)
        if seen.power is Power.ON and seen.generation == spec.generation:
            return seen
        if seen.power in (Power.ON, Power.UNKNOWN):
            raise LaunchRefused(f"VM {spec.vm_id} runs already (generation {seen.generation})")
        run_dir = self._run_dir(spec.vm_id)
        directory.fill(run_dir, spec)
        ensure_shared_disk(run_dir, spec.share_mode)
        await asyncio.sleep(self.launch_delay_s)
        note = LaunchRecord(spec.generation, Phase.PREPARED, self.boot_id)
        directory.clear_the_way(run_dir, note, "", LogLimits())
        refusal = self._refusals.get(spec.vm_id, self._refusals.get(None)) or _missing_volume(spec)
        if refusal is not None:
            run_dir.stderr_log.write_text(refusal + "\n")
            write_exit(run_dir, Exit(ExitReason.ERROR, now_ms(), 1, refusal))
            raise LaunchRefused(refusal)
        run_dir.data_disk.touch()
        if spec.swtpm:
            (run_dir.tpm_state / "state").touch()
            run_dir.tpm_socket.touch()
            TpmRecord(self.boot_id, next(_pids), 0, now_ms()).write(run_dir)
        run_dir.stdout_log.touch()
        run_dir.stderr_log.touch()
        run_dir.serial_log.write_text(f"fake guest {spec.vm_id} generation {spec.generation} booted\n")
        record = LaunchRecord(
            spec.generation, Phase.RUNNING, self.boot_id, next(_pids), 0, started_at_ms=now_ms()
        )
        record.write(run_dir)
        faults.point("fake.spawned")
        return self._look(spec.vm_id)

    async def write_state(self, vm_id: str, started: bool) -> None:
        directory.write_state(self._run_dir(vm_id), started)

    async def powerdown(self, vm_id: str) -> None:
        self._note("powerdown", vm_id)
        if vm_id in self._foreign:
            raise NotAnswering("this QEMU was started by another program: only StopVm reaches it")
        if self._look(vm_id).power is not Power.ON:
            raise NotAnswering(f"VM {vm_id} does not answer: it is not running, or frozen")
        if not self.ignores_powerdown:
            self.die(vm_id, ExitReason.GUEST_SHUTDOWN, 0)

    async def stop(self, vm_id: str) -> None:
        self._note("stop", vm_id)
        if self._look(vm_id).power not in (Power.ON, Power.UNKNOWN):
            return
        await asyncio.sleep(self.stop_delay_s)
        frozen = vm_id in self._frozen
        if vm_id in self._foreign:
            self.die(vm_id, ExitReason.HOST_SIGNAL, None)
            return
        reason, code = (ExitReason.KILLED, 137) if frozen else (ExitReason.HOST_QUIT, 0)
        self.die(vm_id, reason, code)

    async def figures(self, vm_id: str) -> Figures | None:
        record = LaunchRecord.read(self._run_dir(vm_id))
        alive = self._look(vm_id).power in (Power.ON, Power.UNKNOWN)
        if vm_id not in self._seen or not alive or record is None or record.pid is None:
            return None
        process = ProcessIdentity(record.pid, 0)
        set_here = self._figures.get(vm_id, Figures(process, 0.0, 0.0, 0, 0, DiskTraffic(0, 0, 0, 0)))
        disk = None if vm_id in self._frozen or vm_id in self._foreign else set_here.disk
        return replace(set_here, process=process, taken_s=time.monotonic(), disk=disk)

    async def remove(self, vm_id: str) -> None:
        self._note("remove", vm_id)
        if self._look(vm_id).power in (Power.ON, Power.UNKNOWN):
            raise RuntimeError(f"VM {vm_id} runs: its directory is not removed")
        directory.delete(self._run_dir(vm_id))

    def directory(self, vm_id: str) -> Path:
        return self._run_dir(vm_id).path

    async def close(self) -> None:
        self._listener = None

    # -- controls for tests

    def refuse_launch(self, vm_id: str | None, message: str | None) -> None:
        """Refuse launches of ``vm_id`` (``None``: all) with ``message``; ``None`` allows them again."""
        if message is None:
            self._refusals.pop(vm_id, None)
        else:
            self._refusals[vm_id] = message

    def die(
        self, vm_id: str, reason: ExitReason = ExitReason.KILLED, code: int | None = 137, detail: str = ""
    ) -> None:
        """End a running guest as if its QEMU had ended by itself, and tell the listener."""
        run_dir = self._run_dir(vm_id)
        if self._look(vm_id).power not in (Power.ON, Power.UNKNOWN):
            raise RuntimeError(f"VM {vm_id} is not running")
        self._frozen.discard(vm_id)
        self._foreign.pop(vm_id, None)
        write_exit(run_dir, Exit(reason, now_ms(), code, detail))
        self._tell(vm_id)

    def use(self, vm_id: str, figures: Figures) -> None:
        """What the VM uses from now on; its process and the time are put right."""
        self._figures[vm_id] = figures

    def kill_tpm(self, vm_id: str) -> None:
        """End the TPM of a running guest, which goes on without it, and tell the listener."""
        self._run_dir(vm_id).tpm_socket.unlink()
        self._tell(vm_id)

    def start_foreign(self, vm_id: str, cid: int | None = None) -> None:
        """Let a QEMU run in the VM's (existing) directory that another program started."""
        self._foreign[vm_id] = cid
        record = LaunchRecord(0, Phase.RUNNING, self.boot_id, next(_pids), 0, started_at_ms=now_ms() - 60_000)
        record.write(self._run_dir(vm_id))

    def freeze(self, vm_id: str) -> None:
        """Let the guest live on without answering: it is observed as UNKNOWN."""
        self._frozen.add(vm_id)

    def thaw(self, vm_id: str) -> None:
        """Let a frozen guest answer again."""
        self._frozen.discard(vm_id)

    def verbs(self, vm_id: str) -> list[str]:
        """The verbs called for ``vm_id``, in order, without the looking."""
        return [call.verb for call in self.calls if call.vm_id == vm_id and call.verb != "inspect"]

    # -- inside

    def _tell(self, vm_id: str) -> None:
        told = self._listener(vm_id) if self._listener is not None else None
        if introspection.isawaitable(told):
            notice = asyncio.ensure_future(told)
            self._notices.add(notice)
            notice.add_done_callback(self._notices.discard)

    def _run_dir(self, vm_id: str) -> RunDir:
        return RunDir.of(self.run_path, vm_id)

    def _note(self, verb: str, vm_id: str, generation: int | None = None) -> None:
        self.calls.append(Call(verb, vm_id, generation))

    def _look(self, vm_id: str) -> Observation:
        run_dir = self._run_dir(vm_id)
        if not run_dir.path.is_dir():
            return Observation(Power.ABSENT)
        record = LaunchRecord.read(run_dir)
        if record is None:
            return Observation(Power.OFF)
        ended = read_exit(run_dir)
        if ended is not None or record.phase is not Phase.RUNNING:
            return Observation(Power.OFF, record.generation, exit=ended)
        if record.boot_id != self.boot_id:
            write_exit(run_dir, Exit(ExitReason.HOST_REBOOT, now_ms()))
            return self._look(vm_id)
        power = Power.UNKNOWN if vm_id in self._frozen else Power.ON
        foreign, cid = vm_id in self._foreign, self._foreign.get(vm_id)
        return Observation(
            *(power, record.generation, record.pid, record.started_at_ms),
            is_foreign=foreign,
            cid=cid,
            tpm=_tpm(run_dir),
        )


def _missing_volume(spec: GuestSpec) -> str | None:
    """What QEMU says of a disk that is not there."""
    missing = [path for path in spec.volumes if not path.is_file()]
    return f"Could not open '{missing[0]}': No such file or directory" if missing else None


def _tpm(run_dir: RunDir) -> Tpm | None:
    record = TpmRecord.read(run_dir)
    return None if record is None else Tpm(record.pid, record.started_at_ms, run_dir.tpm_socket.exists())
