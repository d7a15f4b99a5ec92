"""A running VM whose configuration was changed says so, until it runs with it."""

from __future__ import annotations

from tests.in_process import InProcess
from vms.database import in_database
from vms.selectors.watch import watch_row


async def is_changed(vmm: InProcess, vm_id: str) -> bool:
    row = await in_database(watch_row, vm_id)
    assert row is not None
    return row.changed_since_start


async def test_it_is_said_from_the_change_to_the_next_start(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    assert not await is_changed(vmm, vm_id)
    await vmm.call("UpdateVm", {"id": vm_id, "user_config": "other"})
    assert await is_changed(vmm, vm_id)
    await vmm.call("StopVm", {"id": vm_id})
    assert not await is_changed(vmm, vm_id)
    await vmm.call("StartVm", {"id": vm_id})
    assert not await is_changed(vmm, vm_id)


async def test_a_vm_that_does_not_run_has_nothing_older(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    await vmm.call("UpdateVm", {"id": vm_id, "user_config": "other"})
    assert not await is_changed(vmm, vm_id)
