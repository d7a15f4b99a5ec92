"""Methods about all nodes that share this database. Our own addition."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from vms.access.policy import Permission
from vms.actions import cordon
from vms.errors import Invalid
from vms.prpc import node_messages as messages
from vms.prpc.methods.base import Method, Values
from vms.prpc.serializers import Empty
from vms.selectors import nodes


def _list(_: Values) -> dict[str, Any]:
    return {"nodes": [asdict(node) for node in nodes.fleet_nodes()]}


def _cordon(values: Values) -> None:
    cordon.cordon(_name(values))


def _uncordon(values: Values) -> None:
    cordon.uncordon(_name(values))


def _drain(values: Values) -> dict[str, Any]:
    return {"running": cordon.drain(_name(values), values["how"])}


def _remove(values: Values) -> None:
    cordon.remove(_name(values))


def _name(values: Values) -> str:
    if not values["name"]:
        raise Invalid("name: is missing; give the node's name")
    return str(values["name"])


METHODS = (
    Method("ListNodes", Permission.SEE_NODE, Empty, _list, changes=False, flat=True),
    Method("CordonNode", Permission.MANAGE_NODES, messages.NodeName, _cordon),
    Method("UncordonNode", Permission.MANAGE_NODES, messages.NodeName, _uncordon),
    Method("DrainNode", Permission.MANAGE_NODES, messages.DrainNodeRequest, _drain),
    Method("RemoveNode", Permission.MANAGE_NODES, messages.NodeName, _remove),
)
