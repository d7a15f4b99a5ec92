"""Pulls of images: for watchers, for the worker, and beside a registry's tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from vms.choices import PULLING, PullState
from vms.images.errors import BadReference
from vms.images.oci.reference import local_name
from vms.models import Image, Pull

MAX_ROWS = 50
HIDDEN = "sha256-"
"""Tags that begin so are signatures and the like, which registries keep beside an image."""


@dataclass(frozen=True)
class PullRow:
    """One pull as watchers see it. Times are milliseconds since 1970."""

    tag: str
    name: str
    node: str
    state: str
    bytes_done: int
    bytes_total: int
    error: str
    started_at: int
    updated_at: int


@dataclass(frozen=True)
class PullWork:
    """A pull that the worker has something to do for."""

    pull_id: int
    tag: str
    name: str
    state: str


def pull_rows() -> list[PullRow]:
    """The newest pulls, newest first, however they ended."""
    rows = Pull.objects.order_by("-started_at_ms", "-id").values_list(
        "tag",
        "name",
        "node__name",
        "state",
        "bytes_done",
        "bytes_total",
        "error",
        "started_at_ms",
        "updated_at_ms",
    )
    return [PullRow(*row) for row in rows[:MAX_ROWS]]


def encoded_rows() -> str:
    """The same as JSON text."""
    return orjson.dumps(pull_rows()).decode()


def open_pulls(node_id: int) -> list[PullWork]:
    """Pulls that are to go on or to be cancelled, oldest first."""
    found = Pull.objects.filter(node=node_id, state__in=(*PULLING, PullState.CANCELLING))
    return [PullWork(*row) for row in found.values_list("id", "tag", "name", "state")]


def names_of_failed(node_id: int) -> set[str]:
    """Names whose last pull failed; the next may go on with what it left."""
    return set(Pull.objects.filter(node=node_id, state=PullState.FAILED).values_list("name", flat=True))


def registry_images(node_name: str, tags: Iterable[str]) -> list[dict[str, Any]]:
    """A registry's tags with what this node knows of each; two queries."""
    here = set(Image.objects.filter(node__name=node_name).values_list("name", flat=True))
    pulls = {pull.name: pull for pull in Pull.objects.filter(node__name=node_name)}
    rows = []
    for tag in tags:
        if tag.startswith(HIDDEN):
            continue
        error = ""
        try:
            name = local_name(tag)
        except BadReference as refused:
            name, error = "", str(refused)
        pull = pulls.get(name)
        # Tags "1.0" and "dstack-1.0" have one name here; only the one that was pulled is pulling.
        own = pull if pull is not None and pull.tag == tag else None
        rows.append(
            {
                "tag": tag,
                "local": name in here,
                "pulling": own is not None and own.state in PULLING,
                "error": error or (own.error if own is not None else ""),
            }
        )
    return rows
