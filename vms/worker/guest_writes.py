"""What guests cause to be written takes turns of its own, and leaves the writer to the others.

SQLite has one writer. A guest may cause some writes a second, but a hundred guests that flood
would together keep it busy for good, and every request would wait behind them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vms.database import in_database

REST = 2.0
"""After each write of theirs guests pause for so many times as long as it took: a third is theirs."""
MAX_PAUSE_S = 1.0
P = ParamSpec("P")
T = TypeVar("T")


class GuestWrites:
    """One write at a time, for all guests of a node. Belongs to one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that writes to the database, when it is its turn; first come, first served."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(max(0.0, self._free_at - clock()))
            began = clock()
            try:
                return await in_database(function, *args, **kwargs)
            finally:
                self._free_at = clock() + min((clock() - began) * REST, MAX_PAUSE_S)
