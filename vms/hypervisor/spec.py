"""What a launch is made of: frozen values, the same of which give the same command line and files.

Nothing in here looks at the host. What must be asked of it (QEMU's version, SEV's
parameters, a GPU's NUMA node) was asked before and stands in a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from .size import MachineSize, machine_size


class Accelerator(StrEnum):
    """What runs the guest's instructions: the CPU itself, or QEMU's translator."""

    KVM = "kvm"
    TCG = "tcg"


@dataclass(frozen=True)
class LogLimits:
    """A log of more than ``max_bytes`` is rotated, 0: never; of its segments ``max_backups`` are kept."""

    max_bytes: int = 4 << 20
    max_backups: int = 3


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
    VVFAT = "vvfat"
    """A FAT disk that QEMU makes up of the folder's files."""
    VHD = "vhd"
    """A FAT32 disk, ``shared.img``, written anew at each launch."""


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
    used only for plain VMs without firmware and TPM. ``bios_sev`` is the firmware
    of SEV-SNP guests, where it differs from ``bios``.
    """

    kernel: Path
    initrd: Path
    cmdline: str = ""
    pvh_kernel: Path | None = None
    rootfs: Path | None = None
    hda: Path | None = None
    bios: Path | None = None
    bios_sev: Path | None = None
    shared_ro: bool = False


@dataclass(frozen=True)
class SevCapabilities:
    """What this host's QEMU says an SEV guest must be given (``query-sev-capabilities``)."""

    cbitpos: int
    reduced_phys_bits: int


@dataclass(frozen=True)
class SmbiosTable:
    """Fields of one SMBIOS table, in the order of the command line; ``type`` is 0 to 3."""

    type: int
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NetworkFilter:
    """How bridge interfaces get a TAP device that libvirt's network filter watches.

    ``instance_id`` tells this server's TAP devices from another's. ``parameters`` are
    the filter's own. ``socket`` is that of the privileged service that makes them.
    """

    socket: Path
    instance_id: str
    filter: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HostSettings:
    """What the node's operator chose for every guest, and what was found; probed once, at start.

    ``mac_prefix`` holds at most three bytes; ``pci_hole64_size`` is in bytes, 0
    leaves QEMU's own; ``user`` is whom QEMU runs as (empty: the server's own user);
    ``vsock`` says that ``/dev/vhost-vsock`` can be used. ``qgs_port`` is the vsock port
    of the host's quote generation service, 0 for none. ``sev`` is there on hosts that
    launch SEV-SNP guests. ``swtpm_path`` is the program, ``None`` where it is missing.
    ``stop_grace_s`` is how long a ``quit`` may take before SIGKILL, ``launch_timeout_s``
    how long QEMU may take until it answers. ``logs`` bounds what is kept of what a VM writes.
    """

    qemu_path: Path
    qemu_img_path: Path
    accelerator: Accelerator
    mac_prefix: bytes = b""
    hotplug_off: bool = False
    pci_hole64_size: int = 0
    user_net: str = "10.0.2.0/24"
    user_net_dhcp_start: str = "10.0.2.10"
    user_net_restrict: bool = False
    user: str = ""
    vsock: bool = False
    qgs_port: int = 0
    sev: SevCapabilities | None = None
    smbios: tuple[SmbiosTable, ...] = ()
    network_filter: NetworkFilter | None = None
    swtpm_path: Path | None = None
    stop_grace_s: float = 5.0
    launch_timeout_s: float = 30.0
    logs: LogLimits = LogLimits()


@dataclass(frozen=True)
class Tdx:
    """An Intel TDX guest. ``mr_config_id`` is measured: 48 bytes, ``None`` where none is given."""

    mr_config_id: bytes | None = None


@dataclass(frozen=True)
class SevSnp:
    """An AMD SEV-SNP guest. ``host_data`` is measured: 32 bytes."""

    host_data: bytes


Tee = Tdx | SevSnp
"""What keeps the host from reading a guest's memory, and what it measures."""


@dataclass(frozen=True)
class GpuDevice:
    """A GPU that the guest gets. ``slot`` is its PCI address as discovery found it."""

    slot: str
    numa_node: int = 0


@dataclass(frozen=True)
class GuestSpec:
    """Everything that decides how one VM is launched: same spec, same command line.

    ``vcpu`` and ``memory_mb`` are what was asked for; ``size`` is what the guest gets.
    ``pinned_cpus`` is a list of host CPUs as taskset reads it (``0-15,32-47``), empty
    for all. ``volumes`` are read-only verity disks, ``bridges`` the PCI addresses of
    NVSwitches. ``shared_files`` are written into ``shared/`` (name → exact bytes; ``None``
    means the file must not exist); ``run_files`` beside it (the manifest). A plain
    VM (``tee`` is ``None``) gets extras that a measured one must never get: an event
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
    tee: Tee | None = None
    share_mode: ShareMode = ShareMode.NINEP
    volumes: tuple[Path, ...] = ()
    swtpm: bool = False
    hugepages: bool = False
    pinned_cpus: str = ""
    gpus: tuple[GpuDevice, ...] = ()
    bridges: tuple[str, ...] = ()
    shared_files: Mapping[str, bytes | None] = field(default_factory=dict)
    run_files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> MachineSize:
        """vCPUs, memory and NUMA nodes as the guest sees them. Raises LaunchRefused."""
        nodes = (gpu.numa_node for gpu in self.gpus)
        return machine_size(self.vcpu, self.memory_mb, gpu_nodes=nodes, hugepages=self.hugepages)
