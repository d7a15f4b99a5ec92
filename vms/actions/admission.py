"""What is against a new VM beyond its own values: images, GPUs and limits of the node, other VMs, a quota."""

from __future__ import annotations

from collections.abc import Iterator

from vms.actions import confidential, quota, reserve
from vms.actions.trying import refusals
from vms.compose import AppCompose
from vms.configuration import VmConfiguration
from vms.errors import VmmError
from vms.models import Node


def obstacles(
    config: VmConfiguration, compose: AppCompose | None, node: Node, owner_id: int | None
) -> Iterator[VmmError]:
    """Everything, in CreateVm's order; found out only as far as it is asked for.

    ``compose`` is None where the compose file can't be read. Whether its GPUs are free is for who takes them.
    """
    yield from refusals(reserve.require_image, node, config.image)
    if compose is not None:
        yield from refusals(confidential.check_image, config, compose, node)
    yield from refusals(reserve.check_gpus, node, config.gpus)
    yield from reserve.port_conflicts(node, config.ports)
    yield from quota.new_conflicts(owner_id, node, config)
    if not config.stopped:
        yield from reserve.capacity_conflicts(node, config.vcpu, config.memory)
