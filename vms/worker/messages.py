"""The node's Channels worker: it hears who should be looked at, and returns at once.

A consumer handles one message at a time and an exception loses those behind it, so this
one only enqueues. Messages are hints; whoever is not heard of is found by the scan.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from channels.routing import ChannelNameRouter
from channels.worker import Worker

from vms.live import bus

_log = logging.getLogger(__name__)


class NodeConsumer(AsyncConsumer):
    """Handles what is sent to ``node.<id>``."""

    def __init__(
        self,
        wake: Callable[[str], None],
        wake_images: Callable[[], None],
        wake_reload: Callable[[], None],
    ) -> None:
        super().__init__()
        self._wake = wake
        self._wake_images = wake_images
        self._wake_reload = wake_reload

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Never raises: an unknown message is reported and forgotten."""
        try:
            if message["type"] == "vm.wake":
                self._wake(message["id"])
            elif message["type"] == "images.wake":
                self._wake_images()
            elif message["type"] == "node.reload":
                self._wake_reload()
            else:
                _log.warning("a message of unknown type %r was left out", message["type"])
        except Exception:
            _log.exception("a message could not be handled")


async def listen(
    node_id: int,
    wake: Callable[[str], None],
    stop: asyncio.Event,
    wake_images: Callable[[], None] = lambda: None,
    wake_reload: Callable[[], None] = lambda: None,
) -> None:
    """Receive this node's messages until told to stop; while that fails, again and again."""
    channel = bus.node_channel(node_id)
    consumer = NodeConsumer.as_asgi(wake=wake, wake_images=wake_images, wake_reload=wake_reload)
    router = ChannelNameRouter({channel: consumer})
    worker = Worker(router, [channel], get_channel_layer())
    # Not ``handle``, which leaves its listeners behind when it is cancelled.
    handling = asyncio.create_task(bus.for_ever("this node's messages", lambda: worker.listener(channel)))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({handling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if handling.done():
            handling.result()
    finally:
        handlers = [instance["future"] for instance in worker.application_instances.values()]
        for task in (handling, stopping, *handlers):
            task.cancel()
        await asyncio.gather(handling, stopping, *handlers, return_exceptions=True)
