"""Which node a request is about: the one that is asked, unless it names another."""

from __future__ import annotations

from vms.conf import conf
from vms.errors import Invalid
from vms.models import Node
from vms.prpc.methods.base import Values
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


def require_this(values: Values) -> None:
    """For what can be told only by the node itself. Raises Invalid, NotFound."""
    name = asked(values)
    if name != conf().effective_node_name:
        raise Invalid(f"node: only {name!r} itself can tell this; ask it at its own address")
