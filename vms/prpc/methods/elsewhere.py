"""Which node a request is about: the one that is asked, unless it names another."""

from __future__ import annotations

from vms.conf import conf
from vms.fleet import places
from vms.models import Node
from vms.prpc.methods.base import Elsewhere, Values
from vms.selectors.nodes import unknown_node


def asked(values: Values) -> str:
    """The node's name. Raises NotFound where it names one that isn't there."""
    name: str = values["node"]
    mine = conf().effective_node_name
    if not name or name == mine:
        return mine
    if not Node.objects.filter(name=name).exists():
        raise unknown_node(name)
    return name


def other(values: Values) -> Elsewhere | None:
    """Who answers what only the node itself can tell; None where that is this one.

    Raises:
        NotFound: there is no such node.
        Unavailable: it can't be asked now.
    """
    name = asked(values)
    place = None if name == conf().effective_node_name else places.of_name(name)
    return None if place is None else Elsewhere(place)
