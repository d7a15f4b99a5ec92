"""Which node a new VM goes to: the one that is named, else the least loaded of those that can take it.

Chosen in two steps. What a VM's own values demand of each node is looked at before anything is locked;
what other VMs hold there is, in the transaction that reserves it, so that of two who race for the last
of something the loser is given the next node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from vms.actions import fleet, nodes, reserve
from vms.actions.validate import check
from vms.choices import NodeState
from vms.compose import AppCompose
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.database import writing
from vms.errors import Conflict, Invalid, Unavailable, VmmError
from vms.models import Node, Vm
from vms.selectors.capabilities import of_node
from vms.selectors.nodes import Used, state_of, used_by_vms

NO_NODE = "no node can take it"


@dataclass(frozen=True)
class Suited:
    """A node that could take the VM by itself, and what ``validate.check`` made of the request there."""

    node: Node
    config: VmConfiguration
    compose: AppCompose


@dataclass(frozen=True)
class Choice:
    """Nodes to try, in order. ``refused`` says why others can't, ``unasked`` which weren't looked at."""

    suited: tuple[Suited, ...]
    refused: dict[str, VmmError] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()


def suited(config: VmConfiguration) -> Choice:
    """Where such a VM could go, as far as can be told from its values.

    Raises:
        NotFound: there is no node of the name that it gives. Invalid, Conflict, NotFound, Unavailable: the
            only node that may take it can't; or none of several can, and why not each.
    """
    there = list(Node.objects.order_by("name"))
    if config.node or len(there) < 2:
        node = the_only(config.node, there)
        require_open(node)
        return Choice((Suited(node, *check(config, node)),))
    found, refused, unasked = [], {}, set()
    for node in least_loaded_first(there):
        if (closed := obstacle(node)) is not None:
            refused[node.name] = closed
            unasked.add(node.name)
            continue
        try:
            found.append(Suited(node, *check(config, node)))
        except VmmError as error:
            refused[node.name] = error
    choice = Choice(tuple(found), refused, frozenset(unasked))
    if not found:
        raise _none_can(choice, refused)
    return choice


def on_first(choice: Choice, record: Callable[[Suited], Vm]) -> Vm:
    """Have the VM recorded on the first node where nothing is against it.

    ``record`` reserves and writes, in the transaction of this. Raises what it raises where there is one
    node to choose; of several, why none can.
    """
    if len(choice.suited) == 1 and not choice.refused:
        with writing():
            _hold(choice.suited[0].node)
            return record(choice.suited[0])
    refused = dict(choice.refused)
    with writing():
        for each in choice.suited:
            try:
                # Nothing of what was tried in vain may stay, locks included.
                with transaction.atomic():
                    _hold(each.node)
                    return record(each)
            except VmmError as error:
                refused[each.node.name] = error
            except IntegrityError:
                refused[each.node.name] = Conflict("somebody else was faster just now; try again")
    raise _none_can(choice, refused)


def _hold(node: Node) -> None:
    """Raises Conflict where it was cordoned meanwhile."""
    if reserve.hold(node):
        raise _cordoned(node)


def the_only(name: str, there: list[Node]) -> Node:
    """The node of that name, or without one this process's. Raises NotFound, Unavailable."""
    if not name or name == conf().effective_node_name:
        mine = [node for node in there if node.name == conf().effective_node_name]
        node = mine[0] if mine else nodes.node_for_new_vm()
    else:
        node = next((node for node in there if node.name == name), None) or fleet.existing(name)
    nodes.require_worker(node)
    return node


def require_open(node: Node) -> None:
    """Raises Conflict where no new VM may be placed."""
    if node.cordoned:
        raise _cordoned(node)
    if of_node(node) is None:
        raise _silent(node)


def obstacle(node: Node) -> VmmError | None:
    """Why the node isn't even looked at for a new VM."""
    state = state_of(node)
    if state == NodeState.LOST:
        return Unavailable("it is not heard of any more")
    if state == NodeState.ENDED:
        return Unavailable("its server does not run")
    if node.cordoned:
        return Conflict("it is cordoned")
    return None if of_node(node) is not None else _silent(node)


def least_loaded_first(there: list[Node]) -> Iterator[Node]:
    """By the part of its CPUs or memory, whichever is greater, that VMs have which run or should."""
    used = used_by_vms()

    def load(node: Node) -> tuple[float, int, str]:
        taken = used.get(node.pk, Used())
        able = of_node(node)
        vcpus = able.max_vcpu if able and able.max_vcpu else node.vcpus
        memory = able.max_memory_mb if able and able.max_memory_mb else node.memory_mb
        return max(taken.vcpus / max(vcpus, 1), taken.memory_mb / max(memory, 1)), taken.vms, node.name

    yield from sorted(there, key=load)


def _none_can(choice: Choice, refused: dict[str, VmmError]) -> VmmError:
    """What is wrong whatever the node is told as it is; else each node's reason."""
    judged = {name: error for name, error in refused.items() if name not in choice.unasked}
    same = len({(type(error), error.message) for error in judged.values()}) == 1
    wrong = all(isinstance(error, Invalid) for error in judged.values())
    told = judged if judged and (same or wrong) else refused
    return fleet.none_can(NO_NODE, dict(sorted(told.items())))


def _cordoned(node: Node) -> Conflict:
    return Conflict(f"node: {node.name!r} is cordoned and takes no new VM; UncordonNode opens it")


def _silent(node: Node) -> Unavailable:
    return Unavailable(f"node {node.name!r} has not said yet what it can do; its server is older or starting")
