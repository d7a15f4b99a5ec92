"""The real driver: QEMU processes that outlive the server, one directory each.

Whether anything lives in a VM's directory is told by the lock that QEMU inherited;
which process it is, by the launch record or QEMU's own pidfile; that it is this
VM, by the name it answers to over QMP. So the server may be killed at any line:
what it left is found again by :meth:`QemuDriver.inspect`.
"""

from __future__ import annotations

import asyncio
import inspect as introspection
from dataclasses import replace
from pathlib import Path

from vms import faults

from . import directory, lock, process
from .base import Exit, ExitListener, ExitReason, Observation, Power
from .beside import Beside
from .command import build_argv
from .disk import ensure_data_disk
from .durable import in_thread
from .errors import LaunchRefused, NotAnswering
from .exits import now_ms, settle, why_it_ended
from .figures import Figures, figures_of
from .foreign import ForeignGuest, ForeignProcesses
from .guest import Guest, with_pid
from .process import Shim
from .records import LaunchRecord, Phase, write_exit
from .rundir import RunDir
from .shared_disk import ensure_shared_disk
from .spec import GuestSpec, HostSettings

EXIT_WAIT_S = 1.0
"""How long after QEMU's end the shim may take to write the exit code (it takes a few ms)."""

KILL_WAIT_S = 10.0
"""How long a killed process may take to be gone; longer means it is stuck in the kernel."""

POLL_S = 0.005


class QemuDriver:
    """Implements ``Driver`` with QEMU; VMs live under ``run_path``. Belongs to one event loop."""

    def __init__(self, run_path: Path, host: HostSettings) -> None:
        self.run_path = run_path
        self.host = host
        self.boot_id = process.boot_id()
        self._beside = Beside(host, self.boot_id, self._tell)
        self._foreign = ForeignProcesses(run_path)
        self._guests: dict[str, Guest] = {}
        self._shims: set[Shim] = set()
        self._listener: ExitListener | None = None
        self._notices: set[asyncio.Future[None]] = set()

    def on_exit(self, listener: ExitListener) -> None:
        self._listener = listener

    def directory(self, vm_id: str) -> Path:
        return self._run_dir(vm_id).path

    async def scan(self) -> list[str]:
        return await in_thread(directory.scan_ids, self.run_path)

    async def inspect(self, vm_id: str) -> Observation:
        """See ``Driver.inspect``. Takes about a millisecond, and up to 2 s for a QEMU that is silent."""
        run_dir = self._run_dir(vm_id)
        deadline = asyncio.get_running_loop().time() + EXIT_WAIT_S
        while True:
            guest = self._living_guest(vm_id, run_dir)
            answers = guest is not None and await guest.answers()
            patient = asyncio.get_running_loop().time() < deadline
            if guest is not None and guest.is_alive:
                # One that hangs up at once is most likely dying: wait and see.
                if answers or not patient:
                    return await self._observe_living(guest, answers)
            elif not lock.is_inhabited(run_dir):
                # How a known one ended is settled before anybody else's is looked for.
                foreign = None if vm_id in self._guests else await self._observe_foreign(vm_id, run_dir)
                return foreign or await self._observe_dead(vm_id, run_dir)
            elif not patient:
                # Somebody lives in there whom we can't name: not QEMU, or one too young to have a pid.
                record = LaunchRecord.read(run_dir)
                return Observation(Power.UNKNOWN, record.generation if record else 0)
            await asyncio.sleep(POLL_S)

    async def prepare(self, spec: GuestSpec) -> None:
        await in_thread(directory.fill, self._run_dir(spec.vm_id), spec)

    async def write_state(self, vm_id: str, started: bool) -> None:
        await in_thread(directory.write_state, self._run_dir(vm_id), started)

    async def launch(self, spec: GuestSpec) -> Observation:
        argv = build_argv(spec, self.host)
        seen = await self.inspect(spec.vm_id)
        if seen.power is Power.ON and seen.generation == spec.generation:
            return seen
        if seen.power in (Power.ON, Power.UNKNOWN):
            raise LaunchRefused(f"VM {spec.vm_id} runs already (generation {seen.generation})")
        for foreign in await self._foreign.using(spec.vm_id, fresh=True):
            raise LaunchRefused(f"process {foreign.identity.pid} uses the directory of VM {spec.vm_id}")
        run_dir = self._run_dir(spec.vm_id)
        await self.prepare(spec)
        await ensure_data_disk(run_dir, spec.disk_gb, spec.image, self.host)
        await in_thread(ensure_shared_disk, run_dir, spec.share_mode)
        shim = await self._spawn(run_dir, spec, argv)
        return await self._first_answer(spec.vm_id, run_dir, shim)

    async def powerdown(self, vm_id: str) -> None:
        if (await self.inspect(vm_id)).power is not Power.ON:
            raise NotAnswering(f"VM {vm_id} does not run, or does not answer")
        await self._guests[vm_id].execute("system_powerdown")

    async def stop(self, vm_id: str) -> None:
        """See ``Driver.stop``. Raises NotAnswering if even SIGKILL does not end it."""
        seen = await self.inspect(vm_id)
        if seen.power in (Power.ABSENT, Power.OFF):
            await self._beside.end(self._run_dir(vm_id))
            return
        guest = self._guests.get(vm_id)
        if guest is None:
            raise NotAnswering(f"a process that is not known holds the directory of VM {vm_id}")
        if not await self._quit(guest):
            guest.kill()
            if not await guest.wait(KILL_WAIT_S):
                raise NotAnswering(f"QEMU of VM {vm_id} (process {guest.record.pid}) cannot be killed")
        if not await lock.wait_until_free(guest.run_dir, EXIT_WAIT_S):
            raise NotAnswering(f"QEMU of VM {vm_id} is gone, but its directory is still held")
        faults.point("stop.ended")
        await self._beside.end(guest.run_dir)
        await self.inspect(vm_id)

    async def figures(self, vm_id: str) -> Figures | None:
        guest = self._guests.get(vm_id)
        return await figures_of(guest) if guest is not None else None

    async def remove(self, vm_id: str) -> None:
        """See ``Driver.remove``. Raises RuntimeError if the VM runs, or may run."""
        if (await self.inspect(vm_id)).power in (Power.ON, Power.UNKNOWN):
            raise RuntimeError(f"VM {vm_id} runs: its directory is not removed")
        await self._beside.remove(self._run_dir(vm_id))
        faults.point("remove.alone")
        await in_thread(directory.delete, self._run_dir(vm_id))

    async def close(self) -> None:
        for shim in self._shims:
            shim.let_go()
        for guest in self._guests.values():
            await guest.let_go()
        await self._beside.close()
        self._shims.clear()
        self._guests.clear()

    # -- looking

    def _run_dir(self, vm_id: str) -> RunDir:
        return RunDir.of(self.run_path, vm_id)

    def _living_guest(self, vm_id: str, run_dir: RunDir) -> Guest | None:
        """The process that lives in the VM's directory, now watched; ``None`` if it can't be named."""
        guest = self._guests.get(vm_id)
        if guest is not None:
            return guest if guest.is_alive else None
        if not lock.is_inhabited(run_dir):
            return None
        record = LaunchRecord.read(run_dir) or LaunchRecord(0, Phase.SPAWNED, self.boot_id)
        if record.phase is not Phase.RUNNING:
            record = with_pid(record, run_dir)
        guest = Guest.watch(vm_id, run_dir, record, self._guest_ended)
        if guest is not None:
            self._guests[vm_id] = guest
        return guest

    async def _observe_foreign(self, vm_id: str, run_dir: RunDir) -> Observation | None:
        """A QEMU that another program started over this directory, now watched; ``None`` if none lives."""
        found = await self._foreign.using(vm_id)
        if not found:
            return None
        if len(found) > 1 or len(found[0].vm_ids) > 1:
            # Whose it is can't be told for sure: it is neither ended nor launched beside.
            return Observation(Power.UNKNOWN, pid=found[0].identity.pid, is_foreign=True)
        guest = ForeignGuest.adopt(vm_id, run_dir, found[0], self._guest_ended, self.boot_id)
        if guest is None:
            return None
        self._guests[vm_id] = guest
        # Noted in its directory at the next look: this one may lead to its being refused.
        return self._seen_living(guest, answers=True)

    async def _observe_living(self, guest: Guest, answers: bool) -> Observation:
        if answers and not guest.is_noted:
            await guest.take_over()
        guest.trim_event_log()
        return self._seen_living(guest, answers)

    def _seen_living(self, guest: Guest, answers: bool) -> Observation:
        record = guest.record
        power = Power.ON if answers else Power.UNKNOWN
        seen = Observation(power, record.generation, record.pid, record.started_at_ms)
        if isinstance(guest, ForeignGuest):
            return replace(seen, is_foreign=True, cid=guest.cid)
        return replace(seen, tpm=self._beside.look(guest.vm_id, guest.run_dir))

    async def _observe_dead(self, vm_id: str, run_dir: RunDir) -> Observation:
        guest = self._guests.pop(vm_id, None)
        if guest is not None:
            await guest.let_go()
        self._beside.qemu_is_gone(run_dir)
        if not run_dir.path.is_dir():
            return Observation(Power.ABSENT)
        record = LaunchRecord.read(run_dir)
        if record is None:
            return Observation(Power.OFF)
        heard = guest.heard if guest is not None else None
        ended = await in_thread(settle, run_dir, record, heard=heard, boot_id=self.boot_id)
        return Observation(Power.OFF, record.generation, exit=ended)

    def _guest_ended(self, guest: Guest) -> None:
        self._tell(guest.vm_id)

    def _tell(self, vm_id: str) -> None:
        if self._listener is None:
            return
        told = self._listener(vm_id)
        if introspection.isawaitable(told):
            notice = asyncio.ensure_future(told)
            self._notices.add(notice)
            notice.add_done_callback(self._notices.discard)

    # -- starting and ending

    async def _spawn(self, run_dir: RunDir, spec: GuestSpec, argv: list[str]) -> Shim:
        record = LaunchRecord(spec.generation, Phase.PREPARED, self.boot_id)
        try:
            with lock.held(run_dir) as descriptor:
                faults.point("spawn.locked")
                await self._beside.clear(run_dir)
                await in_thread(directory.clear_the_way, run_dir, record, self.host.user, self.host.logs)
                try:
                    await self._beside.start(run_dir, spec)
                    faults.point("spawn.ready")
                    shim = Shim.spawn(run_dir, argv, descriptor)
                    faults.point("spawn.spawned")
                except (LaunchRefused, OSError) as error:
                    write_exit(run_dir, Exit(ExitReason.ERROR, now_ms(), detail=str(error)))
                    await self._give_up(run_dir)
                    raise
        except lock.LockHeld as error:
            why = str(error) or f"a process lives in the directory of VM {spec.vm_id}"
            raise LaunchRefused(why) from error
        except OSError as error:
            raise LaunchRefused(f"cannot start QEMU: {error}") from error
        self._shims = {known for known in self._shims if not known.ended.is_set()} | {shim}
        return shim

    async def _first_answer(self, vm_id: str, run_dir: RunDir, shim: Shim) -> Observation:
        """Wait until QEMU answers or ends, whichever comes first. Raises LaunchRefused."""
        answer = asyncio.ensure_future(self._wait_for_answer(vm_id, run_dir))
        end = asyncio.ensure_future(shim.ended.wait())
        try:
            await asyncio.wait(
                {answer, end}, timeout=self.host.launch_timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if answer.done():
                return answer.result()
        finally:
            answer.cancel()
            end.cancel()
            await asyncio.gather(answer, end, return_exceptions=True)
        if shim.ended.is_set():
            seen = await self.inspect(vm_id)
            words = why_it_ended(seen.exit)
        else:
            shim.kill_all()
            await lock.wait_until_free(run_dir, KILL_WAIT_S)
            words = f"QEMU did not answer in {self.host.launch_timeout_s:g} s and was killed"
            write_exit(run_dir, Exit(ExitReason.ERROR, now_ms(), detail=words))
            await self.inspect(vm_id)
        await self._give_up(run_dir)
        raise LaunchRefused(words)

    async def _give_up(self, run_dir: RunDir) -> None:
        try:
            await self._beside.end(run_dir)
        except NotAnswering:
            pass  # the next launch ends it, or says that it can't

    async def _wait_for_answer(self, vm_id: str, run_dir: RunDir) -> Observation:
        while True:
            guest = self._living_guest(vm_id, run_dir)
            if guest is not None and await guest.answers():
                faults.point("spawn.answered")
                return await self._observe_living(guest, answers=True)
            await asyncio.sleep(POLL_S)

    async def _quit(self, guest: Guest) -> bool:
        """Ask QEMU to end; False if it still lives when its grace is over."""
        deadline = asyncio.get_running_loop().time() + self.host.stop_grace_s
        try:
            async with asyncio.timeout_at(deadline):
                await guest.ask_to_end()
        except (NotAnswering, TimeoutError):
            pass  # it may have ended before it could reply, or is to be killed
        return await guest.wait(max(0.0, deadline - asyncio.get_running_loop().time()))
