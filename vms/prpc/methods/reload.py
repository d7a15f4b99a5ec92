"""ReloadVms: have the node compare its run path with what it knows."""

from __future__ import annotations

import asyncio
from functools import partial

from vms.access.policy import Permission
from vms.actions import reload
from vms.actions.reload import Requested
from vms.database import in_database
from vms.errors import TookTooLong, VmmError
from vms.prpc import serializers
from vms.prpc.methods.base import Method, Pending, Values
from vms.selectors.reload import answer

MAX_WAIT_S = 30.0
LOOK_AGAIN_S = 0.1
"""Nobody is told when a node's row changes, and this is asked rarely."""


def _reload(_: Values) -> Pending:
    return Pending(partial(_reported, reload.request()))


async def _reported(requested: Requested) -> dict[str, int]:
    """What the worker counted.

    Raises:
        VmmError: it did nothing, and why; TookTooLong after 30 s, while it goes on.
    """
    deadline = asyncio.get_running_loop().time() + MAX_WAIT_S
    while (report := await in_database(answer, requested.node_id, requested.generation)) is None:
        if asyncio.get_running_loop().time() > deadline:
            raise TookTooLong(f"ReloadVms is not done after {MAX_WAIT_S:g} s; it goes on")
        await asyncio.sleep(LOOK_AGAIN_S)
    if report.code:
        raise VmmError.with_code(report.code, report.error)
    return {what: report.count(what) for what in ("loaded", "updated", "removed")}


METHODS = (Method("ReloadVms", Permission.STEER_NODE, serializers.Empty, _reload),)
