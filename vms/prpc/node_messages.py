"""Messages about nodes; answers are written as ``selectors.nodes`` gives them."""

from __future__ import annotations

from vms.prpc.fields import Bool, ListOf, Message, Text, UInt32, UInt64


class NodeName(Message):
    name = Text()


class DrainNodeRequest(Message):
    name = Text()
    how = Text()


class DrainNodeResponse(Message):
    running = ListOf(Text())


class NodeLoad(Message):
    cpu = UInt32()
    memory_mb = UInt64()
    at_ms = UInt64()


class FleetNode(Message):
    id = UInt32()
    name = Text()
    state = Text()
    cordoned = Bool()
    draining = Text()
    is_this = Bool()
    platform = Text()
    state_since_ms = UInt64(optional=True)
    version = Text()
    rev = Text()
    accelerator = Text()
    address = Text()
    vcpus = UInt32()
    memory_mb = UInt64()
    disk_total_mb = UInt64()
    disk_free_mb = UInt64()
    vcpus_used = UInt32()
    memory_mb_used = UInt64()
    max_vcpu = UInt32(optional=True)
    max_memory_mb = UInt64(optional=True)
    vms_running = UInt32()
    vms = UInt32()
    images = UInt32()
    gpus = UInt32()
    gpus_free = UInt32()
    load = NodeLoad()
    findings = UInt32()
    missing = Text()


class ListNodesResponse(Message):
    nodes = ListOf(FleetNode())
