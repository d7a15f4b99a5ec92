"""A websocket about a VM of another node: opened there, and passed through frame by frame.

Who may open it, and go on watching, is asked here as for any websocket (``live.guard``), and once more
at the other node. How much may be unread is counted there, too: the client's pings go all the way.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from vms.access.websocket import Application, shortened, turn_away
from vms.database import in_database
from vms.errors import VmmError
from vms.fleet import client, places
from vms.fleet.outgoing import Outgoing, outgoing
from vms.fleet.places import Place

UNREACHABLE = 4503
"""Close code: the VM's node can't be asked, or can't be any more."""
NORMAL, FIRST_OF_OURS, LAST_OF_OURS = 1000, 4000, 4999
"""What an application may close with (RFC 6455, 7.4.2)."""


class AtItsNode:
    """Around an application whose websockets are about one VM: that of another node is asked there."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if places.here() is None:
            return await self._inner(scope, receive, send)
        try:
            asked = await in_database(_elsewhere, scope)
        except VmmError as error:
            await turn_away(receive, send, 4000 + error.code, error.message)
            return None
        if asked is None:
            return await self._inner(scope, receive, send)
        return await relay(asked, receive, send)


def _elsewhere(scope: dict[str, Any]) -> Outgoing | None:
    place = places.of_vm(scope["url_route"]["kwargs"]["vm_id"])
    return None if place is None else of_scope(place, scope)


def of_scope(place: Place, scope: dict[str, Any]) -> Outgoing:
    """The websocket that whoever acts now opens, for that node."""
    return outgoing(place, "GET", scope["path"], scope["query_string"].decode("latin-1"))


async def relay(asked: Outgoing, receive: Any, send: Any) -> None:
    """Open it there, then here, and pass on what both say until one of them ends."""
    async with contextlib.AsyncExitStack() as open_yet:
        try:
            peer, headers = asked.signed()
            node = await open_yet.enter_async_context(client.opened(peer, asked.target, headers=headers))
        except VmmError as error:
            await turn_away(receive, send, 4000 + error.code, error.message)
            return
        await receive()  # the client's request to connect
        await send({"type": "websocket.accept"})
        ways = [asyncio.create_task(_from_client(receive, node)), asyncio.create_task(_to_client(node, send))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        if ways[1] in done:
            code, reason = _ended(asked, node)
            await send({"type": "websocket.close", "code": code, "reason": reason})


async def _from_client(receive: Any, node: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while (message := await receive())["type"] == "websocket.receive":
            data = message.get("bytes")
            await node.send(message["text"] if data is None else data)
        return
    # The node is gone; its side says so.
    await asyncio.Event().wait()


async def _to_client(node: ClientConnection, send: Any) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for frame in node:
            kind = "text" if isinstance(frame, str) else "bytes"
            await send({"type": "websocket.send", kind: frame})


def _ended(asked: Outgoing, node: ClientConnection) -> tuple[int, str]:
    """With what the client is closed: what the node said, or that it says nothing any more."""
    code = node.close_code
    if code is not None and (code == NORMAL or FIRST_OF_OURS <= code <= LAST_OF_OURS):
        return code, node.close_reason or ""
    # What else there is tells of connections: that the node's server ends, say. This one goes on.
    return UNREACHABLE, shortened(f"the connection to {asked.place} broke off")
