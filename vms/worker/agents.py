"""Which agent each guest has, and the way to it."""

from __future__ import annotations

import asyncio

from vms.conf import conf
from vms.guest.dstack_agent import DstackAgent
from vms.guest.interface import AgentFailed, GuestAddress, GuestAgent
from vms.guest.qemu_agent import QemuAgent
from vms.guest.sockets import Sockets
from vms.hypervisor.base import Driver
from vms.hypervisor.rundir import RunDir
from vms.images.store import BrokenImage, read_image


class Connector:
    """Finds a guest's agent: dstack's over vsock, or QEMU's over its virtio-serial channel.

    A confidential guest can have only dstack's. A plain one has it where the host has vsock,
    unless its image says ``"guest_agent": "qemu"``. ``sockets`` is None on a host without vsock.
    """

    def __init__(self, driver: Driver, sockets: Sockets | None) -> None:
        self._driver = driver
        self._sockets = sockets

    async def __call__(self, address: GuestAddress) -> GuestAgent:
        """The guest's agent. Raises AgentFailed where there is no way to it."""
        if self._sockets is None:
            if address.confidential:
                raise AgentFailed("a confidential VM's agent is reached by vsock, and this host has none")
        elif address.confidential or not await asyncio.to_thread(_has_qemu_agent, address.image):
            return DstackAgent(self._sockets, address.cid)
        return QemuAgent(RunDir(self._driver.directory(address.vm_id)).agent_socket)


def _has_qemu_agent(image: str) -> bool:
    try:
        return read_image(conf().image.path, image).has_qemu_agent
    except BrokenImage:  # deleted while its guest runs
        return False
