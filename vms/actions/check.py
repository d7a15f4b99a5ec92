"""CreateVm without creating: everything that it would refuse, at once. Nothing is reserved or written.

It takes no part in the writers' queue, and what it says is true of the moment: CreateVm decides anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter

from vms.access.policy import name_of, owner_of_new_vm, sight
from vms.access.principal import current
from vms.actions import gpus, nodes, placement, reserve
from vms.actions.admission import obstacles
from vms.actions.trying import refusals
from vms.actions.validate import Examined, examine
from vms.choices import NodeState
from vms.compose import compose_hash
from vms.conf import conf
from vms.configuration import VmConfiguration
from vms.errors import VmmError
from vms.figures.board import board
from vms.models import Gpu, Image, Node, Vm
from vms.selectors.nodes import state_of

MAX_TOLD = 100
"""Problems; who has more of them corrects these first."""
_FIELDS = {field.name for field in fields(VmConfiguration)}
_NAMED = re.compile(r"([a-z_]+)[\[\]0-9a-z_.]*: ")
_IN_COMPOSE_FILE = ("key_provider_id",)


@dataclass(frozen=True)
class Remark:
    """Something about a field of the request; about none of them, or all, where ``field`` is empty."""

    field: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """What speaks first against such a VM on a node; empty where nothing does."""

    node: str
    problem: str


@dataclass(frozen=True)
class Checked:
    """``problems`` are what CreateVm refuses, the one that it would name first; ``notes`` are worth knowing.

    Of several nodes they are those of the one where CreateVm would make it, or would do so first; ``nodes``
    then tells of each why it can't. ``app_id`` and ``compose_hash`` are hex, empty where they can't be told.
    """

    app_id: str
    compose_hash: str
    problems: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    nodes: tuple[Verdict, ...] = ()


def check_new(config: VmConfiguration, unread: Iterable[Remark] = ()) -> Checked:
    """Look for all that is against such a VM. ``unread`` says of which fields the values could not be read.

    Raises:
        Forbidden: whoever asks may not have VMs.
        Unavailable: nobody would launch one now. NotFound: it names a node that isn't there.
    """
    owner_id = owner_of_new_vm()
    node, verdicts = _node(config, owner_id)
    examined = examine(config, node)
    checked = examined.config
    problems = list(unread)
    for found in (examined.problems, _of_others(examined, node, owner_id)):
        wrong = {problem.field for problem in problems} - {""}
        problems += [remark for remark in map(_remark, found) if remark.field not in wrong]
    wrong = {problem.field for problem in problems} - {""}
    is_read = examined.compose is not None
    return Checked(
        app_id=checked.app_id if is_read and "app_id" not in wrong else "",
        compose_hash=compose_hash(checked.compose_file) if is_read else "",
        problems=tuple(dict.fromkeys(problems))[:MAX_TOLD],
        notes=tuple(note for note in _notes(config, checked, node) if note.field not in wrong),
        nodes=verdicts,
    )


def _node(config: VmConfiguration, owner_id: int | None) -> tuple[Node, tuple[Verdict, ...]]:
    """Where it would be made, and where there are several nodes, what is against each."""
    there = list(Node.objects.order_by("name"))
    if len(there) < 2:
        return placement.the_only(config.node, there), ()
    problems = {}
    for node in list(placement.least_loaded_first(there))[:MAX_TOLD]:
        problems[node] = _first_problem(config, node, owner_id)
    verdicts = tuple(Verdict(node.name, problems[node]) for node in sorted(problems, key=attrgetter("name")))
    if config.node:
        return placement.the_only(config.node, there), verdicts
    able = [node for node, problem in problems.items() if not problem]
    asked = able or [node for node in problems if state_of(node) == NodeState.UP] or there
    nodes.require_worker(asked[0])
    return asked[0], verdicts


def _first_problem(config: VmConfiguration, node: Node, owner_id: int | None) -> str:
    if (closed := placement.obstacle(node)) is not None:
        return closed.message
    examined = examine(config, node)
    found = chain(examined.problems, _of_others(examined, node, owner_id))
    return next((error.message for error in found), "")


def _of_others(examined: Examined, node: Node, owner_id: int | None) -> Iterator[VmmError]:
    config = examined.config
    yield from refusals(placement.require_open, node)
    yield from obstacles(config, examined.compose, node, owner_id)
    yield from refusals(reserve.free_cid, node)
    if not config.stopped:
        yield from _of_gpus(config, node)


def _of_gpus(config: VmConfiguration, node: Node) -> Iterator[VmmError]:
    """Why its GPUs could not be leased now."""
    known = Gpu.objects.filter(node=node).select_related("holder")
    asking = Vm(node=node, gpus=config.gpus.document(), pin_numa=config.pin_numa)
    yield from refusals(gpus.rehearse, asking, list(known))


def _notes(asked: VmConfiguration, checked: VmConfiguration, node: Node) -> Iterator[Remark]:
    if checked.no_tee and not asked.no_tee:
        yield Remark("no_tee", "this host makes it a plain VM: whoever owns the host can read all of it")
    image = Image.objects.filter(node=node, name=checked.image).first()
    if image is not None and image.is_dev:
        yield Remark("image", f"{image.name} is for development: its guests let people log in")
    namesake = sight(current()).of(Vm.objects.filter(name=checked.name)).first()
    if namesake is not None:
        yield Remark("name", f"{name_of(namesake)} has the same name")
    if checked.stopped:
        for obstacle in _of_its_start(checked, node):
            remark = _remark(obstacle)
            yield Remark(remark.field, f"it could not be started now: {remark.message}")
    if node.name == conf().effective_node_name:
        yield from _of_the_host(checked)


def _of_its_start(config: VmConfiguration, node: Node) -> Iterator[VmmError]:
    yield from reserve.capacity_conflicts(node, config.vcpu, config.memory)
    yield from _of_gpus(config, node)


def _of_the_host(config: VmConfiguration) -> Iterator[Remark]:
    """What the host has less of than is asked for: nobody refuses it, and it may not end well."""
    host = board.node
    if host is None:
        return
    if config.memory > host.memory_total_bytes >> 20:
        yield Remark("memory", f"this host has {host.memory_total_bytes >> 20} MB in all")
    if host.disk_free_bytes is not None and config.disk_size > host.disk_free_bytes >> 30:
        free = host.disk_free_bytes >> 30
        yield Remark("disk_size", f"this host has {free} GB free; a disk takes room only as it is written")


def _remark(error: VmmError) -> Remark:
    """Messages begin with the field they are about."""
    named = _NAMED.match(error.message)
    field = named[1] if named else ""
    if field in _IN_COMPOSE_FILE:
        return Remark("compose_file", error.message)
    return Remark(field if field in _FIELDS else "", error.message)
