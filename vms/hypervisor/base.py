"""What a hypervisor driver is given, what it tells, and what it can do.

This room knows nothing of Django or the database: frozen values come in
(:class:`GuestSpec`), frozen values go out (:class:`Observation`). There are two
drivers, the real one (``qemu``) and a full fake (``fake``); both pass the same
contract tests (``tests/worker/test_driver_contract.py``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Accelerator(StrEnum):
    """What runs the guest's instructions: the CPU itself, or QEMU's translator."""

    KVM = "kvm"
    TCG = "tcg"


class Transport(StrEnum):
    """Transport protocols that user-mode networking forwards."""

    TCP = "tcp"
    UDP = "udp"


class NetworkMode(StrEnum):
    USER = "user"
    BRIDGE = "bridge"
    CUSTOM = "custom"


class ShareMode(StrEnum):
    """How the guest sees the VM's ``shared/`` folder."""

    NINEP = "9p"


@dataclass(frozen=True)
class PortForward:
    """One host port that leads into the guest."""

    protocol: Transport
    host_address: str
    host_port: int
    guest_port: int


@dataclass(frozen=True)
class NetworkSpec:
    """One network interface of the guest, in the order the guest sees it."""

    mode: NetworkMode
    bridge_name: str = ""
    custom: str = ""
    forwards: tuple[PortForward, ...] = ()


@dataclass(frozen=True)
class ImageFiles:
    """Artefacts of a guest image, already confined to the image's folder.

    ``pvh_kernel`` is an uncompressed kernel that boots faster under TCG; it is
    used only for plain VMs without firmware and TPM.
    """

    kernel: Path
    initrd: Path
    cmdline: str = ""
    pvh_kernel: Path | None = None
    rootfs: Path | None = None
    hda: Path | None = None
    bios: Path | None = None
    shared_ro: bool = False


@dataclass(frozen=True)
class HostSettings:
    """What the node's operator chose for every guest; probed once, at start.

    ``mac_prefix`` holds at most three bytes; ``pci_hole64_size`` is in bytes, 0
    leaves QEMU's own; ``user`` is whom QEMU runs as (empty: the server's own user);
    ``vsock`` says that ``/dev/vhost-vsock`` can be used. ``stop_grace_s`` is how
    long a ``quit`` may take before SIGKILL, ``launch_timeout_s`` how long QEMU may
    take until it answers.
    """

    qemu_path: Path
    qemu_img_path: Path
    accelerator: Accelerator
    mac_prefix: bytes = b""
    hotplug_off: bool = False
    pci_hole64_size: int = 0
    user_net_restrict: bool = False
    user: str = ""
    vsock: bool = False
    stop_grace_s: float = 5.0
    launch_timeout_s: float = 30.0


@dataclass(frozen=True)
class GuestSpec:
    """Everything that decides how one VM is launched: same spec, same command line.

    ``shared_files`` are written into ``shared/`` (name → exact bytes; ``None``
    means the file must not exist); ``run_files`` beside it (the manifest). A plain
    VM (``no_tee``) gets extras that a measured one must never get: an event
    channel, the QEMU guest agent's channel and a panic notifier.
    """

    vm_id: str
    vcpu: int
    memory_mb: int
    disk_gb: int
    cid: int
    image: ImageFiles
    networks: tuple[NetworkSpec, ...]
    generation: int
    no_tee: bool = True
    share_mode: ShareMode = ShareMode.NINEP
    shared_files: Mapping[str, bytes | None] = field(default_factory=dict)
    run_files: Mapping[str, bytes] = field(default_factory=dict)


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
    LOST = "lost"
    """It was running when the host went down (another boot id) or left no trace."""


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
class Observation:
    """What is, at one moment, for one VM.

    ``generation`` is the one given with the launch that this speaks of.
    ``started_at_ms`` is when that QEMU started, in milliseconds since 1970.
    ``exit`` is how the last run ended, where one has. ``is_foreign`` says that another
    program started that QEMU; ``cid`` is then its guest's vsock context id, if it has one.
    """

    power: Power
    generation: int = 0
    pid: int | None = None
    started_at_ms: int | None = None
    exit: Exit | None = None
    is_foreign: bool = False
    cid: int | None = None


class LaunchRefused(Exception):
    """The VM could not be launched; the message is QEMU's own words where it spoke."""


class NotAnswering(Exception):
    """The guest's QEMU, or its agent, did not answer in time; says which."""


ExitListener = Callable[[str], Awaitable[None] | None]
"""Called on the event loop with a VM's id as soon as its process is seen to end."""


class Driver(Protocol):
    """The verbs of a hypervisor. All may be cancelled and repeated at any point.

    Calls for one VM never overlap (the worker sees to it); calls for different
    VMs do. Nothing here blocks the event loop for longer than a small file takes.
    """

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
        """Prepare, make or grow the data disk, start QEMU and wait until QMP answers.

        Raises:
            LaunchRefused: QEMU ended, or the disk could not be made, and nothing runs;
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

    async def remove(self, vm_id: str) -> None:
        """Delete the VM's directory; a repeated call goes on. Raises RuntimeError if it runs, or may run."""

    def directory(self, vm_id: str) -> Path:
        """Where the VM's files are (it need not exist)."""

    async def close(self) -> None:
        """Let go of all connections; the guests run on."""
