"""How any thread reaches the channel layer: through the one event loop of the process.

Sending from a bare thread by ``async_to_sync`` is delivered seconds late; handing the
coroutine to the loop is not. A process without a loop (a management command) sends
nothing: messages are hints, and every worker's scan repairs what a hint missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

ROWS = "rows"
"""The group that hears of every changed row."""

MAX_ON_THE_WAY = 2000
"""Hints that are being sent at once; beyond, while Redis hangs, they are dropped."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
_log = logging.getLogger(__name__)
_loop: asyncio.AbstractEventLoop | None = None
_on_the_way = 0
_fails = False


def attach(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the loop that messages are sent on; ``None`` forgets it."""
    global _loop
    _loop = loop


def node_channel(node_id: int) -> str:
    """The channel on which a node's worker listens."""
    return f"node.{node_id}"


def image_key(name: str) -> str:
    """What waiting for an image is called in the hub; no VM has such an id."""
    return f"image/{name}"


def broadcast(message: dict[str, Any]) -> None:
    """Send to everybody who watches rows. From any thread; never fails."""
    _hand_over(lambda: get_channel_layer().group_send(ROWS, message))


def send(channel: str, message: dict[str, Any]) -> None:
    """Send to one channel. From any thread; never fails."""
    _hand_over(lambda: get_channel_layer().send(channel, message))


def _hand_over(sending: Callable[[], Awaitable[None]]) -> None:
    loop = _loop
    if loop is not None and not loop.is_closed():
        asyncio.run_coroutine_threadsafe(_quietly(sending), loop)


async def _quietly(sending: Callable[[], Awaitable[None]]) -> None:
    global _on_the_way, _fails
    if _on_the_way >= MAX_ON_THE_WAY:
        return
    _on_the_way += 1
    try:
        await sending()
    except ChannelFull:
        _log.debug("a hint was dropped: the channel is full")
    except Exception as error:
        if not _fails:  # told once, not for each of the hints until it is mended
            _log.warning("hints can't be sent (%s); others notice changes by their scans", error)
        _fails = True
    else:
        if _fails:
            _log.warning("hints are sent again")
        _fails = False
    finally:
        _on_the_way -= 1


async def for_ever(what: str, receive: Callable[[], Awaitable[None]]) -> None:
    """Receive, again and again, until cancelled; while it fails, with growing pauses.

    Told in the log when it begins to fail, and when it works again.
    """
    pause = 0.0
    while True:
        try:
            await receive()
        except Exception as error:
            if not pause:
                _log.warning("%s can't be received (%s); they are found by scans meanwhile", what, error)
            pause = min(LONGEST_PAUSE_S, pause * 2 or FIRST_PAUSE_S)
            await asyncio.sleep(pause)
        else:
            if pause:
                _log.warning("%s are received again", what)
            pause = 0.0
