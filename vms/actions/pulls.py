"""Pulls of images: asked for by clients, done by the node's worker, which writes here how far it is."""

from __future__ import annotations

from collections.abc import Collection

from vms.actions import fleet, nodes
from vms.choices import PULLING, PullState
from vms.conf import conf
from vms.database import now_ms, writing
from vms.errors import Conflict, Invalid, VmmError
from vms.images.errors import BadReference
from vms.images.oci.reference import Repository, local_name, parse_repository
from vms.live import publish
from vms.models import Image, Node, Pull
from vms.selectors.capabilities import known_of

EVERY = "*"
"""Instead of a name: every node that is up."""


def repository() -> Repository:
    """The registry that this node pulls from. Raises Conflict where none is configured."""
    if not conf().image.registry.strip():
        raise Conflict("no registry is configured: set registry in [image] of the settings file")
    try:
        return parse_repository(conf().image.registry)
    except BadReference as error:
        raise Conflict(f"[image] registry: {error}") from error


def request(tag: str, node_names: Collection[str] = ()) -> list[Pull]:
    """Have the tag's image pulled by these nodes: none means this one, ``*`` all that are up.

    The rows say how far it is. Of several nodes those that can't are left out, unless none can.

    Raises:
        Invalid: no tag. NotFound: no such node. Conflict: no registry, or the image is there or being
            pulled. Unavailable: nobody is there to do it.
    """
    try:
        name = local_name(tag)
    except BadReference as error:
        raise Invalid(f"tag: {error}") from error
    if not node_names:
        return [_request(nodes.node_for_new_vm(), tag, name)]
    chosen = (
        fleet.up() if EVERY in node_names else [fleet.existing(each) for each in dict.fromkeys(node_names)]
    )
    with writing():
        asked = {node.name: _attempt(node, tag, name) for node in chosen}
    begun = [each for each in asked.values() if isinstance(each, Pull)]
    if begun:
        return begun
    reasons = {node: each for node, each in asked.items() if isinstance(each, VmmError)}
    raise fleet.none_can("no node can pull it", reasons)


def _attempt(node: Node, tag: str, name: str) -> Pull | VmmError:
    try:
        return _request(node, tag, name)
    except VmmError as error:
        return error


def _request(node: Node, tag: str, name: str) -> Pull:
    _require_registry(node)
    nodes.require_worker(node)
    with writing():
        image = Image.objects.filter(node=node, name=name).first()
        if image is not None:
            broken = f", though it can't be used ({image.problem}); delete it first" if image.problem else ""
            where = "here" if node.name == conf().effective_node_name else "there"
            raise Conflict(f"image {name!r} is {where} already{broken}")
        known = Pull.objects.filter(node=node, name=name).first()
        if known is not None and known.state in (*PULLING, PullState.CANCELLING):
            raise Conflict(f"image {name!r} is being pulled already ({known.state}, tag {known.tag!r})")
        pull, _ = Pull.objects.update_or_create(
            node=node,
            name=name,
            defaults={
                "tag": tag,
                "state": PullState.QUEUED,
                "bytes_done": 0,
                "bytes_total": 0,
                "error": "",
                "started_at_ms": now_ms(),
                "updated_at_ms": now_ms(),
            },
        )
        publish.pulls_changed()
        publish.wake_images(node.pk)
    return pull


def _require_registry(node: Node) -> None:
    """Raises Conflict where the node has none, or one that can't be read."""
    if node.name == conf().effective_node_name:
        repository()
    elif not known_of(node).registry:
        raise Conflict(f"no registry is configured on node {node.name!r} ([image] registry)")


def cancel(pull: Pull) -> None:
    """Have a pull ended, and nothing of it left; a done one is only forgotten. Within a transaction."""
    if pull.state in (*PULLING, PullState.FAILED):
        Pull.objects.filter(pk=pull.pk).update(state=PullState.CANCELLING, updated_at_ms=now_ms())
        publish.wake_images(pull.node_id)
    elif pull.state != PullState.CANCELLING:
        pull.delete()
    publish.pulls_changed()


def progress(pull_id: int, state: PullState, bytes_done: int, bytes_total: int) -> None:
    """How far a pull is. Not written where it was cancelled meanwhile."""
    _write(pull_id, state=state, bytes_done=bytes_done, bytes_total=bytes_total)


def done(pull_id: int) -> None:
    """The image is there, whole and checked."""
    _write(pull_id, state=PullState.DONE, error="")


def failed(pull_id: int, error: str) -> None:
    """The pull ended without an image; why."""
    _write(pull_id, state=PullState.FAILED, error=error)


def cancelled(pull_id: int) -> None:
    """Nothing is left of a cancelled pull."""
    with writing():
        if Pull.objects.filter(pk=pull_id, state=PullState.CANCELLING).delete()[0]:
            publish.pulls_changed()


def _write(pull_id: int, **values: object) -> None:
    with writing():
        going_on = Pull.objects.filter(pk=pull_id, state__in=PULLING)
        if going_on.update(updated_at_ms=now_ms(), **values):
            publish.pulls_changed()
