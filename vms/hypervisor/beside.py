"""What a VM needs on its host beside QEMU: started before it, and gone after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import swtpm
from .base import Tpm
from .errors import LaunchRefused, NotAnswering
from .process import Child, identify, tell_when_ended
from .rundir import RunDir
from .spec import GuestSpec, HostSettings
from .taps import Taps


class Beside:
    """The TPMs and TAP devices of one driver's VMs; ``told`` hears of a VM whose TPM has ended.

    Belongs to one event loop.
    """

    def __init__(self, host: HostSettings, boot_id: str, told: Callable[[str], None]) -> None:
        self._host = host
        self._boot_id = boot_id
        self._told = told
        self._children: set[Child] = set()
        self._watches: dict[str, Callable[[], None]] = {}
        self._taps = Taps(host)

    def look(self, vm_id: str, run_dir: RunDir) -> Tpm | None:
        """The TPM of a VM that runs, watched from now on."""
        tpm = swtpm.look(run_dir, self._boot_id)
        if tpm is not None and tpm.is_alive and vm_id not in self._watches:
            identity = identify(tpm.pid)
            stop = identity and tell_when_ended(identity, partial(self._has_ended, vm_id))
            if stop:
                self._watches[vm_id] = stop
        return tpm

    def _has_ended(self, vm_id: str) -> None:
        del self._watches[vm_id]
        self._told(vm_id)

    async def clear(self, run_dir: RunDir) -> None:
        """End what would be in the way of a new launch. Raises LaunchRefused."""
        try:
            await swtpm.end(run_dir)
        except NotAnswering as error:
            raise LaunchRefused(f"what another launch left is in the way: {error}") from error

    async def start(self, run_dir: RunDir, spec: GuestSpec) -> None:
        """Make and start all that ``spec`` asks for; after a failure, :meth:`end` is due.

        Raises:
            LaunchRefused: something did not start; the message says why.
            OSError: no process can be started.
        """
        await self._taps.prepare(run_dir, spec)
        if spec.swtpm:
            child = await swtpm.start(run_dir, self._host, self._boot_id)
            self._children = {known for known in self._children if not known.ended.is_set()} | {child}

    async def end(self, run_dir: RunDir) -> None:
        """QEMU was ended, or never came: end the TPM, and see to the rest. Raises NotAnswering."""
        self.qemu_is_gone(run_dir)
        await swtpm.end(run_dir)

    def qemu_is_gone(self, run_dir: RunDir) -> None:
        """See to what doesn't end with QEMU by itself: now, and again until it is gone, too."""
        self._taps.remove_soon(run_dir)

    async def remove(self, run_dir: RunDir) -> None:
        """Leave nothing of it on the host. Raises NotAnswering where something stays."""
        await swtpm.end(run_dir)
        await self._taps.remove(run_dir)

    async def close(self) -> None:
        """Let go of what runs; it runs on."""
        await self._taps.close()
        for child in self._children:
            child.let_go()
        for stop in self._watches.values():
            stop()
        self._children.clear()
        self._watches.clear()
