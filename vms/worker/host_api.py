"""What this node's VMs may ask of it, over vsock."""

from __future__ import annotations

import asyncio
import logging

from vms.actions import events
from vms.actions.events import GuestEvent
from vms.conf import conf
from vms.database import in_database
from vms.errors import Unavailable
from vms.guest.host_api import HostApi, body_limit
from vms.guest.http_server import GuestServer
from vms.guest.key_provider import KeyProvider, SealingKey
from vms.guest.sockets import Sockets
from vms.selectors import guests
from vms.worker.guest_writes import GuestWrites

_log = logging.getLogger(__name__)


class NodeHost:
    """A node as its guests see it."""

    def __init__(self, node_id: int, writes: GuestWrites) -> None:
        self._node_id = node_id
        self._writes = writes
        config = conf().key_provider
        self._key_provider = KeyProvider(config.address, config.port) if config.enabled else None

    async def vm_of(self, cid: int) -> str | None:
        return await in_database(guests.vm_of_guest, self._node_id, cid)

    async def notify(self, vm_id: str, event: str, payload: str) -> None:
        await self._writes.write(events.guest_notified, vm_id, GuestEvent(event, payload))

    async def sealing_key(self, quote: bytes) -> SealingKey:
        if self._key_provider is None:
            raise Unavailable("this host has no key provider: it is switched off (enabled in [key_provider])")
        return await self._key_provider.sealing_key(quote)


async def serve_guests(node_id: int, sockets: Sockets | None, writes: GuestWrites) -> None:
    """Answer the node's guests until cancelled; what they say is written in its turn."""
    if sockets is None:
        _log.info("no vsock on this host: the host API is off, and plain VMs tell events by their event port")
        await asyncio.Event().wait()
        return
    where = conf().host_api
    host = NodeHost(node_id, writes)
    await GuestServer(sockets, where.cid, where.port, HostApi(host).handle, body_limit).run()
