"""How large a guest really becomes.

With huge pages its memory and vCPUs are split evenly over the NUMA nodes of its GPUs,
which takes rounding. The rounded figures are measured, so they are computed here, once,
for the command line and for the measured configuration alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import LaunchRefused

MB_PER_GIB = 1024


@dataclass(frozen=True)
class NumaNode:
    """A share of the guest on one NUMA node of the host: ``vcpu`` and ``memory_gb`` of it, and GPUs."""

    host_node: int
    vcpu: int
    memory_gb: int
    gpus: int


@dataclass(frozen=True)
class MachineSize:
    """What a guest gets; ``nodes`` is empty without huge pages."""

    vcpu: int
    memory_mb: int
    nodes: tuple[NumaNode, ...] = ()


def machine_size(vcpu: int, memory_mb: int, *, gpu_nodes: Iterable[int], hugepages: bool) -> MachineSize:
    """The guest's size; ``gpu_nodes`` holds the host's NUMA node of each attached GPU.

    With ``hugepages`` vCPUs are rounded up to a multiple of the number of nodes; memory
    is cut to whole GiB, then rounded up to such a multiple. Without GPUs that is node 0.

    Raises:
        LaunchRefused: less than one GiB is asked for in huge pages.
    """
    if not hugepages:
        return MachineSize(vcpu, memory_mb)
    gpus_on = Counter(gpu_nodes) or Counter({0: 0})
    count = len(gpus_on)
    vcpu_each = -(-vcpu // count)
    memory_each = -(-(memory_mb // MB_PER_GIB) // count)
    if memory_each == 0:
        raise LaunchRefused(f"hugepages: memory must be at least {MB_PER_GIB} MB, not {memory_mb}")
    nodes = tuple(NumaNode(node, vcpu_each, memory_each, gpus_on[node]) for node in sorted(gpus_on))
    return MachineSize(vcpu_each * count, memory_each * count * MB_PER_GIB, nodes)
