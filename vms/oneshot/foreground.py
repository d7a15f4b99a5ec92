"""One VM in the foreground: launched by the server's own driver, and ended with us.

Only SIGKILL keeps us from ending it: then it runs on, as a server's VMs do when the server
is killed, and the next launch says so.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from io import FileIO
from pathlib import Path

from vms.database import now_ms
from vms.guest.agents import Agents
from vms.guest.interface import GuestAddress
from vms.guest.sockets import Vsock
from vms.hypervisor.base import ExitReason, Observation, Power
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.qemu import QemuDriver
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import GuestSpec, HostSettings
from vms.hypervisor.taps import Taps
from vms.oneshot.serial import Console
from vms.worker.agents import Connector
from vms.worker.power_off import ask_to_power_off

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NO_NODE = 0
Say = Callable[[str], None]


class _Heard(Enum):
    SIGNAL = auto()
    LAUNCHED = auto()
    """Or refused."""
    ENDED = auto()
    """QEMU or its TPM: the driver knows more."""
    NOBODY_LISTENS = auto()
    """The console's output can't be written any more."""


class Foreground:
    """One run of one VM, in ``folder``. Belongs to one event loop."""

    def __init__(self, spec: GuestSpec, image: str, host: HostSettings, folder: Path, say: Say) -> None:
        # Another number than any earlier run's: the driver takes a run of the same one for this one.
        self._spec = replace(spec, generation=now_ms())
        self._host = host
        self._driver = QemuDriver(folder, host)
        self._agents = Agents(Connector(self._driver, Vsock() if host.vsock else None))
        self._guest = GuestAddress(spec.vm_id, NO_NODE, spec.cid, spec.tee is not None, image)
        self._say = say
        self._heard: asyncio.Queue[_Heard] = asyncio.Queue()
        self._asking: asyncio.Task[None] | None = None

    async def run(self, out: FileIO, *, ansi: bool) -> bool:
        """Launch it, copy its console to ``out``, and say whether the guest switched itself off.

        The first signal asks the guest to do so, the second one ends it. Nothing of it runs at the end.

        Raises:
            LaunchRefused: it can't be launched, or runs already.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._heard.put_nowait, _Heard.SIGNAL)
        self._driver.on_exit(lambda _vm_id: self._heard.put_nowait(_Heard.ENDED))
        ours = False
        try:
            await self._refuse_running()
            ours = True
            launched = await self._launched()
            return launched is not None and await self._attended(launched, out, ansi=ansi)
        finally:
            await self._end(ours=ours)
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    async def remove(self) -> None:
        """Delete the VM's directory, once nothing of it runs."""
        await self._driver.remove(self._spec.vm_id)
        await self._driver.close()

    async def _refuse_running(self) -> None:
        seen = await self._driver.inspect(self._spec.vm_id)
        if seen.power in (Power.ON, Power.UNKNOWN):
            who = f"process {seen.pid}" if seen.pid else "a process"
            where = self._driver.directory(self._spec.vm_id)
            raise LaunchRefused(f"a VM runs in {where} already ({who}); end it, or take another --workdir")

    async def _launched(self) -> Observation | None:
        """The VM that runs now; None where a signal came first."""
        launching = asyncio.create_task(self._driver.launch(self._spec))
        launching.add_done_callback(lambda _: self._heard.put_nowait(_Heard.LAUNCHED))
        while not launching.done():
            if await self._heard.get() is _Heard.SIGNAL:
                launching.cancel()
                await asyncio.gather(launching, return_exceptions=True)
                self._say("given up before the VM ran")
                return None
        return await launching

    async def _attended(self, seen: Observation, out: FileIO, *, ansi: bool) -> bool:
        vm_id = self._spec.vm_id
        self._say(f"VM {vm_id} runs (process {seen.pid}); Ctrl-C asks its guest to power off")
        run_dir = RunDir(self._driver.directory(vm_id))
        console = Console(run_dir.serial_log, out, ansi=ansi)
        copying = asyncio.create_task(console.copy())
        copying.add_done_callback(lambda _: self._heard.put_nowait(_Heard.NOBODY_LISTENS))
        try:
            ended = await self._until_off()
        finally:
            console.end()
            await asyncio.gather(copying, return_exceptions=True)
        return self._told(ended)

    async def _until_off(self) -> Observation:
        signals = 0
        while (seen := await self._driver.inspect(self._spec.vm_id)).power in (Power.ON, Power.UNKNOWN):
            heard = await self._heard.get()
            signals += heard is _Heard.SIGNAL
            if heard is _Heard.NOBODY_LISTENS or signals > 1:
                self._say("ending the VM")
                await self._driver.stop(self._spec.vm_id)
            elif heard is _Heard.SIGNAL:
                self._say("asking the guest to power off; Ctrl-C again ends the VM at once")
                self._asking = asyncio.create_task(self._ask())
        return seen

    async def _ask(self) -> None:
        try:
            self._say(await ask_to_power_off(self._driver, self._agents, self._guest))
        except NotAnswering as error:
            self._say(f"{error}; Ctrl-C again ends the VM")

    def _told(self, seen: Observation) -> bool:
        if seen.exit is None:
            self._say("the VM ended, and left no word why")
            return False
        detail = f": {seen.exit.detail}" if seen.exit.detail else ""
        self._say(f"the VM ended ({seen.exit.reason}){detail}")
        return seen.exit.reason is ExitReason.GUEST_SHUTDOWN

    async def _end(self, *, ours: bool) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._agents.close()
        try:
            if ours:
                await self._driver.stop(self._spec.vm_id)
        finally:
            await self._driver.close()
        if ours:
            await self._remove_taps()

    async def _remove_taps(self) -> None:
        """Nobody comes after us who would see to those that the driver left for later."""
        try:
            await Taps(self._host).remove(RunDir(self._driver.directory(self._spec.vm_id)))
        except (NotAnswering, OSError) as error:
            self._say(f"filtered TAP devices stay on this host: {error}")
