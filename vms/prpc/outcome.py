"""Waiting, on the event loop, for the worker to answer a request."""

from __future__ import annotations

import asyncio

from vms.actions import vms
from vms.database import in_database
from vms.errors import Conflict, TookTooLong, VmmError
from vms.live.hub import hub
from vms.selectors.vms import progress

MAX_WAIT_S = 30.0
LOOK_AGAIN_S = 1.0
"""Changes are told at once; should that message be lost, this is how late it is noticed."""


class Overtaken(Conflict):
    """A later request for the same VM was answered first; what came of this one is not known."""


async def settled(vm_id: str, generation: int, what: str) -> None:
    """Return once the worker has done the request of that generation.

    Raises:
        VmmError: how it ended, in the worker's words; Overtaken where a later request
            was faster; TookTooLong after 30 s, while the work goes on.
    """
    deadline = asyncio.get_running_loop().time() + MAX_WAIT_S
    async with hub.changes_of(vm_id) as changed:
        while True:
            changed.clear()
            now = await in_database(progress, vm_id)
            if now is None:
                raise Conflict("the VM was removed meanwhile")
            if now.observed_generation == generation:
                if now.outcome_code:
                    raise VmmError.with_code(now.outcome_code, now.outcome_message)
                return
            if now.observed_generation > generation:
                raise Overtaken(f"{what}: a later request for this VM overtook this one")
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise TookTooLong(
                    f"{what} is not done after {MAX_WAIT_S:g} s; it goes on, see the VM's status"
                )
            await _soon(changed, min(left, LOOK_AGAIN_S))


async def gone(vm_id: str) -> None:
    """Return once the VM's row is deleted, or after 30 s."""
    deadline = asyncio.get_running_loop().time() + MAX_WAIT_S
    async with hub.changes_of(vm_id) as changed:
        while asyncio.get_running_loop().time() < deadline:
            changed.clear()
            if await in_database(progress, vm_id) is None:
                return
            await _soon(changed, LOOK_AGAIN_S)


async def created(vm_id: str, generation: int) -> None:
    """Wait for a new VM's launch; take everything back if it fails.

    Past the bound it returns all the same, and so it does where somebody else stopped or
    started the VM before its launch was answered: it exists, and a later failure is told
    by its ``boot_error`` and events.
    """
    try:
        await settled(vm_id, generation, "CreateVm")
    except (TookTooLong, Overtaken):
        return
    except VmmError:
        if await in_database(vms.take_back, vm_id, generation):
            await gone(vm_id)
        raise


async def _soon(changed: asyncio.Event, timeout: float) -> None:
    try:
        async with asyncio.timeout(timeout):
            await changed.wait()
    except TimeoutError:
        return
