"""The routes that there are: taken from the routers, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver

from tests.access.access_table import ACCESS
from tests.access.admin_table import ADMIN
from tests.access.table import GUEST, PAGES, PRPC, Row
from vms.live.routing import websocket_routes

ROWS: dict[str, Row] = {
    **{f"prpc/{name}": row for name, row in PRPC.items()},
    **{f"guest/{name}": row for name, row in GUEST.items()},
    **ACCESS,
    **PAGES,
    **ADMIN,
}


def url_patterns(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Every URL pattern of the site, as Django has it."""
    for entry in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from url_patterns(entry, whole)
        else:
            yield whole


def websocket_paths() -> list[str]:
    """Every websocket's path."""
    return [path for path, _ in websocket_routes()]


def path_of(pattern: str, row: Row) -> str:
    """A path that leads there."""
    return "/" + (row.path or pattern)
