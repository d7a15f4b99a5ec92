"""Which nodes an action is for: this one, one by its name, or all that are up."""

from __future__ import annotations

from collections.abc import Mapping

from vms.actions import nodes
from vms.conf import conf
from vms.errors import Conflict, Invalid, Unavailable, VmmError
from vms.models import Node
from vms.selectors.nodes import unknown_node

MAX_TOLD = 50
"""Nodes whose reasons one error tells."""


def named(name: str) -> Node:
    """That node, or this one where the name is empty. Raises NotFound; Unavailable if nobody acts there."""
    if not name or name == conf().effective_node_name:
        return nodes.node_for_new_vm()
    node = existing(name)
    nodes.require_worker(node)
    return node


def existing(name: str) -> Node:
    """The node of that name, whether it is up or not. Raises NotFound."""
    node = Node.objects.filter(name=name).first()
    if node is None:
        raise unknown_node(name)
    return node


def up() -> list[Node]:
    """All that would act on a request now, by name."""
    return [node for node in Node.objects.order_by("name") if nodes.has_worker(node)]


def none_can(what: str, reasons: Mapping[str, VmmError]) -> VmmError:
    """One error for all nodes' reasons, by name; where they are all the same, the reason itself."""
    errors = list(reasons.values())
    if errors and len({(type(error), error.message) for error in errors}) == 1:
        return errors[0]
    kinds = {type(error) for error in errors}
    kind = next((kind for kind in (Invalid, Unavailable) if kinds == {kind}), Conflict)
    told = [f"{name}: {error.message}" for name, error in list(reasons.items())[:MAX_TOLD]]
    return kind(f"{what}: {'; '.join(told) or 'none is up'}")
