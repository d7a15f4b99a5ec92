"""Responses whose outcome is still on its way.

A view runs on one of very few threads, so it must not wait there for a worker, a
guest or another server. It returns a ``SettlingResponse`` instead: once the view and
all middleware are through and the thread is free again, the site's request handler
awaits ``settle`` on the event loop, and only then sends the response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase

T = TypeVar("T")
Settle = Callable[["SettlingResponse"], Awaitable[None]]
"""Waits, on the event loop, and then writes status, headers or content into the response."""


_bounds: set[asyncio.Timeout] = set()
_ends_at: float | None = None


class ServerEnds(Exception):
    """What a request waited for did not come before the server's end."""


async def while_the_server_lasts(wait: Callable[[], Awaitable[T]]) -> T:
    """What ``wait`` gives. Raises ServerEnds where it doesn't before ``server_ends`` says so."""
    bound = asyncio.timeout_at(_ends_at)
    try:
        async with bound:
            _bounds.add(bound)
            return await wait()
    except TimeoutError:
        if bound.expired():
            raise ServerEnds from None
        raise
    finally:
        _bounds.discard(bound)


def server_ends(in_s: float) -> None:
    """The server ends: whoever waits is to have an answer by then. On the event loop."""
    global _ends_at
    _ends_at = asyncio.get_running_loop().time() + in_s
    for bound in _bounds:
        if not bound.expired():
            bound.reschedule(_ends_at)


class SettlingResponse(HttpResponse):
    """A response that is complete only after ``settle(response)``.

    ``settle`` must set its own bound to how long it waits. It goes on when the
    client goes away, for what it waits for goes on too; its last words are then
    lost. It may change ``status_code``, ``content`` and headers; ``Content-Length``
    is put right afterwards. It must not touch the database (that is for threads):
    use an ``async`` action that knows how. Middleware has seen the response before
    it settled; who needs the final one adds to ``on_settled``, which is called on
    the event loop and must not block.
    """

    def __init__(self, settle: Settle, content: object = b"", **kwargs: Any) -> None:
        super().__init__(content, **kwargs)
        self.settle = settle
        self.on_settled: list[Callable[[SettlingResponse], None]] = []


async def settled(response: HttpResponseBase) -> HttpResponseBase:
    """The same response, settled if it is one to settle.

    Django's test ``Client`` never reaches the site's request handler. Tests either
    go through it (httpx with ``ASGITransport``), or call this:
    ``async_to_sync(settled)(client.post(…))``.
    """
    if isinstance(response, SettlingResponse):
        await response.settle(response)
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        for tell in response.on_settled:
            tell(response)
    return response
