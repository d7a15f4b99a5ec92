"""What a VM needs on its host beside QEMU: started before it, and gone after it."""

from __future__ import annotations

from . import swtpm
from .errors import LaunchRefused, NotAnswering
from .process import Child
from .rundir import RunDir
from .spec import GuestSpec, HostSettings


class Beside:
    """The TPMs of one driver's VMs. Belongs to one event loop."""

    def __init__(self, host: HostSettings, boot_id: str) -> None:
        self._host = host
        self._boot_id = boot_id
        self._children: set[Child] = set()

    async def clear(self, run_dir: RunDir) -> None:
        """End what another launch left, so that a new one can begin. Raises LaunchRefused."""
        try:
            await self.end(run_dir)
        except NotAnswering as error:
            raise LaunchRefused(f"what another launch left is in the way: {error}") from error

    async def start(self, run_dir: RunDir, spec: GuestSpec) -> None:
        """Start all that ``spec`` asks for; nothing is left running if that fails.

        Raises:
            LaunchRefused: it did not start; the message says why.
            OSError: no process can be started.
        """
        if spec.swtpm:
            child = await swtpm.start(run_dir, self._host, self._boot_id)
            self._children = {known for known in self._children if not known.ended.is_set()} | {child}

    async def end(self, run_dir: RunDir) -> None:
        """End it all, when QEMU is gone or never came; repeatable. Raises NotAnswering."""
        await swtpm.end(run_dir)

    def close(self) -> None:
        """Let go of what runs; it runs on."""
        for child in self._children:
            child.let_go()
        self._children.clear()
