"""Memory in huge pages, on the NUMA nodes of the guest's GPUs."""

from __future__ import annotations

from ..options import whole
from ..size import NumaNode
from ..spec import GuestSpec

FIRST_BUS = 5
FIRST_ADDRESS = 10
MOST_NODES = 1024
"""As many NUMA nodes as Linux knows at most on x86-64."""


def numa(spec: GuestSpec) -> list[str]:
    """For each node its vCPUs, its memory, and a PCI Express bus of its own for its GPUs."""
    argv: list[str] = []
    bus = FIRST_BUS
    for index, node in enumerate(spec.size.nodes):
        argv += _node(index, node, bus)
        bus += node.gpus + 1
    return argv


def _node(index: int, node: NumaNode, bus: int) -> list[str]:
    host_node = whole(node.host_node, 0, MOST_NODES - 1, "the host's NUMA node")
    first_cpu = index * node.vcpu
    # QEMU reads the digits of addr as hexadecimal. What they come to is measured, so they stay decimal.
    address = FIRST_ADDRESS + index
    return [
        *("-numa", f"node,nodeid={index},cpus={first_cpu}-{first_cpu + node.vcpu - 1},memdev=mem{index}"),
        "-object",
        f"memory-backend-file,id=mem{index},size={node.memory_gb}G,mem-path=/dev/hugepages,share=on,"
        f"prealloc=yes,host-nodes={host_node},policy=bind",
        "-device",
        f"pxb-pcie,id=pcie.node{host_node},bus=pcie.0,addr={address},numa_node={index},bus_nr={bus}",
    ]
