"""Which VMs a node's sampler reads, and what is told of VMs beside their figures."""

from __future__ import annotations

from typing import NamedTuple

from vms.choices import Actual
from vms.guest.interface import GuestAddress
from vms.models import Vm
from vms.selectors.sight import Sight


class Sampled(NamedTuple):
    """A VM that has, or may have, a process; ``address`` is where its guest can be asked."""

    address: GuestAddress
    vcpus: int


class ToSample(NamedTuple):
    """Ids of all VMs of a node, and those of them that are to be read, by id."""

    existing: frozenset[str]
    running: dict[str, Sampled]


def to_sample(node_id: int) -> ToSample:
    """The node's VMs; one query."""
    columns = ("id", "actual", "vcpu", "cid", "no_tee", "image")
    rows = list(Vm.objects.filter(node=node_id).values_list(*columns))
    running = {
        vm_id: Sampled(GuestAddress(vm_id, node_id, cid, confidential=not no_tee, image=image), vcpus)
        for vm_id, actual, vcpus, cid, no_tee, image in rows
        if actual != Actual.OFF
    }
    return ToSample(frozenset(row[0] for row in rows), running)


def existing(vm_ids: list[str], sight: Sight) -> set[str]:
    """Those of these ids that VMs have which are seen."""
    return set(sight.of(Vm.objects.filter(pk__in=vm_ids)).values_list("id", flat=True))
