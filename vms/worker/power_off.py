"""Asking a guest to power off, by whatever way there is."""

from __future__ import annotations

import logging

from vms.errors import VmmError
from vms.guest.agents import Agents
from vms.guest.interface import GuestAddress
from vms.hypervisor.base import Driver
from vms.hypervisor.errors import NotAnswering

_log = logging.getLogger(__name__)


async def ask_to_power_off(driver: Driver, agents: Agents, guest: GuestAddress) -> str:
    """The guest's agent, else the ACPI power button; returns, in words, who took it.

    Raises:
        NotAnswering: nobody did.
    """
    try:
        await agents.shutdown(guest)
    except VmmError as error:
        _log.info("VM %s: %s; pressing its power button", guest.vm_id, error)
        try:
            await driver.powerdown(guest.vm_id)
        except NotAnswering as failed:
            raise NotAnswering(f"neither the guest agent ({error}) nor QEMU ({failed}) answers") from failed
        return "power button pressed"
    return "the guest agent accepted"
