"""What ``/metrics`` tells of rows; two queries, however many VMs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from vms.choices import PullState, Status
from vms.conf import conf
from vms.models import Pull, Vm


@dataclass(frozen=True)
class Counted:
    """VMs by status, their names by id, and pulls by state; every status and state has its number."""

    vms: dict[str, int]
    names: dict[str, str]
    pulls: dict[str, int]


def counted() -> Counted:
    """How many there are of everything on this node, now: each node of a fleet is asked for its own."""
    mine = conf().effective_node_name
    here = Vm.objects.filter(node__name=mine)
    vms = dict.fromkeys(Status.values, 0)
    names = {}
    for vm_id, name, desired, actual in here.values_list("id", "name", "desired", "actual"):
        vms[Status.of(desired, actual)] += 1
        names[vm_id] = name
    pulls = dict.fromkeys(PullState.values, 0)
    pulls.update(Pull.objects.filter(node__name=mine).order_by().values_list("state").annotate(Count("id")))
    return Counted(vms, names, pulls)
