"""What a hypervisor driver is given, what it tells, and what it can do.

This room knows nothing of Django or the database: frozen values come in
(:class:`~vms.hypervisor.spec.GuestSpec`), frozen values go out (:class:`Observation`). There are two
drivers, the real one (``qemu``) and a full fake (``fake``); both pass the same
contract tests (``tests/worker/test_driver_contract.py``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from .figures import Figures
from .spec import GuestSpec


class Power(StrEnum):
    """What the hypervisor says about one VM."""

    ABSENT = "absent"
    """There is no directory of that VM."""
    OFF = "off"
    """The directory is there, no process is."""
    ON = "on"
    """QEMU runs, and is proven to be this VM's."""
    UNKNOWN = "unknown"
    """A process that may be this VM's lives but can't be asked. Never launch, never free its devices."""


class ExitReason(StrEnum):
    """Why a guest's QEMU ended (QMP SHUTDOWN reason first, then exit code and stderr)."""

    GUEST_SHUTDOWN = "guest-shutdown"
    GUEST_RESET = "guest-reset"
    GUEST_PANIC = "guest-panic"
    HOST_QUIT = "host-qmp-quit"
    HOST_SIGNAL = "host-signal"
    KILLED = "killed"
    ERROR = "error"
    HOST_REBOOT = "host-reboot"
    """It ran when the host went down (another boot id): nobody's crash."""
    LOST = "lost"
    """It left no trace."""


@dataclass(frozen=True)
class Exit:
    """How a guest ended.

    ``code`` is the shell's exit code (128+N for signal N), ``None`` if nobody
    wrote it down. ``at_ms`` is milliseconds since 1970. ``detail`` is the tail of
    QEMU's stderr, at most 2 KiB.
    """

    reason: ExitReason
    at_ms: int
    code: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class Tpm:
    """The swtpm that a running VM was launched with.

    Once it is not alive any more its guest has lost its TPM until it is started anew.
    ``detail`` is then the tail of what it said, at most 2 KiB.
    """

    pid: int
    started_at_ms: int
    is_alive: bool
    detail: str = ""


@dataclass(frozen=True)
class Observation:
    """What is, at one moment, for one VM.

    ``generation`` is the one given with the launch that this speaks of.
    ``started_at_ms`` is when that QEMU started, in milliseconds since 1970.
    ``exit`` is how the last run ended, where one has. ``is_foreign`` says that another
    program started that QEMU; ``cid`` is then its guest's vsock context id, if it has one.
    ``tpm`` is there while a VM lives that was launched with one.
    """

    power: Power
    generation: int = 0
    pid: int | None = None
    started_at_ms: int | None = None
    exit: Exit | None = None
    is_foreign: bool = False
    cid: int | None = None
    tpm: Tpm | None = None


ExitListener = Callable[[str], Awaitable[None] | None]
"""Called on the event loop with a VM's id as soon as its process, or its TPM's, is seen to end."""


class Driver(Protocol):
    """The verbs of a hypervisor. All may be cancelled and repeated at any point.

    Calls for one VM never overlap (the worker sees to it), but for ``figures``; calls for
    different VMs do. Nothing here blocks the event loop for longer than a small file takes.
    ``boot_id`` changes whenever the host is started anew.
    """

    boot_id: str

    def on_exit(self, listener: ExitListener) -> None:
        """Name the one who is told of ended processes. Hints only: ``inspect`` is the truth."""

    async def scan(self) -> list[str]:
        """Ids of all VM directories, sorted; folders that are no VM's are left out."""

    async def inspect(self, vm_id: str) -> Observation:
        """Say what is, adopting (and watching from now on) a QEMU that an earlier server left."""

    async def prepare(self, spec: GuestSpec) -> None:
        """Write the VM's directory: run files and shared files, each beside and renamed.

        Raises:
            LaunchRefused: they can't be written, or the VM is being removed.
        """

    async def launch(self, spec: GuestSpec) -> Observation:
        """Prepare, make the disks, start the TPM if there is one, then QEMU; wait until QMP answers.

        Raises:
            LaunchRefused: QEMU or the TPM ended, or a disk could not be made, and nothing runs;
                or it runs already with another generation, and goes on.
        """

    async def write_state(self, vm_id: str, started: bool) -> None:
        """Note in the VM's directory, where there is one, whether it should run: other programs read it."""

    async def powerdown(self, vm_id: str) -> None:
        """Press the ACPI power button. Raises NotAnswering."""

    async def stop(self, vm_id: str) -> None:
        """End QEMU now: ``quit``, then SIGKILL. Returns once the process is gone; no-op if none is.

        Raises:
            NotAnswering: not even SIGKILL ends it, or what lives there is no QEMU that we know.
        """

    async def figures(self, vm_id: str) -> Figures | None:
        """What a VM uses; None unless it was seen to live by ``inspect`` or ``launch``, and still does.

        Never raises, and takes 2 s at most: what a silent QEMU doesn't tell is left out.
        """

    async def remove(self, vm_id: str) -> None:
        """Delete the VM's directory; a repeated call goes on. Raises RuntimeError if it runs, or may run."""

    def directory(self, vm_id: str) -> Path:
        """Where the VM's files are (it need not exist)."""

    async def close(self) -> None:
        """Let go of all connections; the guests run on."""
