"""Whether this process may act for its node now, by its own clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from vms.actions import nodes
from vms.actions.lease import LEASE_MS
from vms.actions.nodes import Room
from vms.database import in_database

_log = logging.getLogger(__name__)


class Lease:
    """Renewed with each heartbeat. While it is not, nothing is begun: guests run on as they are."""

    def __init__(self, node_id: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._node_id = node_id
        self._clock = clock
        self._until = float("-inf")
        self._lacks = False

    @property
    def is_held(self) -> bool:
        """Whether it was renewed in the last 15 s; told in the log when that changes."""
        held = self._clock() < self._until
        if held == self._lacks:
            self._lacks = not held
            if held:
                _log.warning("the database answers again: virtual machines are looked after as before")
            else:
                _log.error("no heartbeat could be written for %g s: nothing is begun", LEASE_MS / 1000)
        return held

    async def renew(self, room: Room) -> None:
        """Write a heartbeat. Raises LeaseLost where somebody else acts for the node."""
        # Counted from before it is asked for: nobody may think it over while it is taken to be held.
        asked_at = self._clock()
        await in_database(nodes.heartbeat, self._node_id, room)
        self._until = asked_at + LEASE_MS / 1000
