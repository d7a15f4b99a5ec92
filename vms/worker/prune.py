"""Dropping events that are too old or too many, in the background and a few at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from vms.actions import retention
from vms.database import in_database
from vms.selectors import work

EVERY_S = 60.0
PAUSE_S = 0.05
"""Between two transactions, so that others come in between."""
_log = logging.getLogger(__name__)


async def prune(node_id: int) -> None:
    """Drop what should not be kept, until cancelled."""
    vm_ids = await in_database(work.all_ids, node_id)
    while True:
        try:
            # Every event that is written sees to the number: only at the start may there be too many.
            while vm_ids:
                await _drop(partial(retention.drop_surplus, vm_ids[-1]))
                vm_ids.pop()
            await _drop(retention.drop_aged)
        except Exception:
            _log.exception("old events could not be dropped; again in %g s", EVERY_S)
        await asyncio.sleep(EVERY_S)


async def _drop(some: Callable[[], bool]) -> None:
    """Batch after batch, as long as there is more."""
    more = True
    while more:
        more = await in_database(some)
        await asyncio.sleep(PAUSE_S if more else 0)
