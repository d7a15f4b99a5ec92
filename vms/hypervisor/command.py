"""QEMU's command line for one guest: a pure function of frozen values.

For a confidential VM the order and kind of devices are measured, so they are a
contract: one function per group, called in the contract's order. What only plain
VMs get comes after all of that. QEMU runs in the VM's directory, so that its own
files are named relatively and no socket's path can grow past the 108 bytes that
AF_UNIX allows.
"""

from __future__ import annotations

from .argv.boot import boot, chipset
from .argv.confidential import check_confidential
from .argv.devices import tpm, vsock
from .argv.disks import disks
from .argv.gpus import gpus
from .argv.interfaces import interfaces
from .argv.machine import machine
from .argv.numa import numa
from .argv.plain import plain_extras
from .argv.process import monitors, program, serial
from .argv.share import host_share
from .argv.size import size
from .argv.smbios import smbios
from .spec import GuestSpec, HostSettings


def build_argv(spec: GuestSpec, host: HostSettings) -> list[str]:
    """The command line that launches ``spec``, for a process whose cwd is the VM's directory.

    Raises:
        LaunchRefused: a value can't stand on a command line, or the guest is
            confidential, which needs what this host hasn't got.
    """
    check_confidential(spec, host)
    return [
        *program(spec, host),
        *serial(),
        *monitors(),
        *boot(spec, host),
        *chipset(host),
        *disks(spec),
        *interfaces(spec, host),
        *smbios(host),
        *tpm(spec),
        *vsock(spec, host),
        *host_share(spec),
        *numa(spec),
        *machine(spec, host),
        *gpus(spec),
        *size(spec),
        *plain_extras(spec),
    ]
