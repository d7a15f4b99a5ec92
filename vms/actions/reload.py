"""ReloadVms as a request to the node's worker: asked for, and answered, in the node's row."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db.models import F

from vms.actions.nodes import node_for_new_vm
from vms.database import writing
from vms.live import publish
from vms.models import Node
from vms.selectors.reload import Report


@dataclass(frozen=True)
class Requested:
    """Which node was asked, and which generation its answer must have reached."""

    node_id: int
    generation: int


def request() -> Requested:
    """Have this node's worker compare its run path with the database. Raises Unavailable."""
    node = node_for_new_vm()
    with writing():
        Node.objects.filter(pk=node.pk).update(reload_generation=F("reload_generation") + 1)
        generation = Node.objects.values_list("reload_generation", flat=True).get(pk=node.pk)
        publish.wake_node(node.pk)
    return Requested(node.pk, generation)


def reported(node_id: int, generation: int, report: Report) -> None:
    """The worker has done it, for all requests up to that generation."""
    with writing():
        Node.objects.filter(pk=node_id, reload_observed_generation__lt=generation).update(
            reload_observed_generation=generation, reload_report=asdict(report)
        )
