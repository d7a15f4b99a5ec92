"""How large the guest is, and its kernel's command line."""

from __future__ import annotations

from ..options import kernel_cmdline, whole
from ..spec import GuestSpec

MOST_VCPUS = 1024
MOST_MEMORY_MB = 2**32


def size(spec: GuestSpec) -> list[str]:
    cmdline = kernel_cmdline(spec.image.cmdline)
    return [
        *("-smp", whole(spec.size.vcpu, 1, MOST_VCPUS, "the number of vCPUs")),
        *("-m", whole(spec.size.memory_mb, 1, MOST_MEMORY_MB, "the memory (MB)") + "M"),
        *(("-append", cmdline) if cmdline else ()),
    ]
