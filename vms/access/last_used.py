"""When, and from where, each token was used last: noted in memory, written down every now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable

from django.core.management import call_command

from vms.database import in_database, now_ms, writing
from vms.models import ApiToken

PERIOD_S = 60.0
SESSIONS_PERIOD_S = 3600.0
_log = logging.getLogger("vmm.access")


class LastUsed:
    """From any thread; noting costs a request nothing."""

    def __init__(self) -> None:
        self._noted: dict[int, tuple[int, str]] = {}
        self._lock = threading.Lock()

    def note(self, token_id: int, address: str) -> None:
        self._noted[token_id] = (now_ms(), address)

    def write_down(self) -> None:
        """Put what was noted into the tokens' rows."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return
        with writing():
            for token_id, (at_ms, address) in noted.items():
                ApiToken.objects.filter(pk=token_id).update(
                    last_used_at_ms=at_ms, last_used_from=address[:64]
                )


last_used = LastUsed()
"""The process's only one."""


async def run(stop: asyncio.Event) -> None:
    """Write down every minute and at the end; a background service of the server.

    Every hour it also takes sessions that are over out of the database.
    """
    sessions_at = 0.0
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        if loop.time() >= sessions_at:
            sessions_at = loop.time() + SESSIONS_PERIOD_S
            await _quietly(in_database(call_command, "clearsessions"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PERIOD_S):
                await stop.wait()
        await _quietly(in_database(last_used.write_down))
    await _quietly(in_database(last_used.write_down))


async def _quietly(work: Awaitable[object]) -> None:
    try:
        await work
    except Exception:
        _log.warning("housekeeping of tokens and sessions failed; it is tried again", exc_info=True)
