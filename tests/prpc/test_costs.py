"""What requests that change something cost, counted over all threads: statements, commits, syncs of files."""

from __future__ import annotations

import asyncio

from tests.counting import Counted, counting
from tests.in_process import InProcess

PORT = {"protocol": "tcp", "host_port": 8000, "vm_port": 80}
READS_BESIDE = ("vms_event", "events_offset", "heartbeat", "vms_pull")
"""What the worker asks for by the clock, whatever is requested."""


def statements(counted: Counted) -> list[str]:
    return [one for one in counted.statements if not any(beside in one for beside in READS_BESIDE)]


async def test_a_stopped_vm_is_created_with_few_statements_and_three_commits(vmm: InProcess) -> None:
    await vmm.create(stopped=True)  # what is read or compiled once is, by now
    with counting() as counted:
        vm_id = await vmm.create(stopped=True, name="another", ports=[PORT])
    assert len(statements(counted)) <= 26, statements(counted)
    # The request and its audit entry; that its directory is written; how it ended. Maybe a heartbeat.
    assert counted.commits <= 4
    files = [path for path in (vmm.run_path / vm_id).rglob("*") if path.is_file()]
    assert counted.syncs <= len(files) + 2  # each file, and the two folders


async def test_a_vm_is_resized_with_few_statements_and_two_commits(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    with counting() as counted:
        assert (await vmm.call("ResizeVm", {"id": vm_id, "memory": 700})).status_code == 204
        await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
        await asyncio.sleep(0)
    assert counted.commits <= 3  # a heartbeat is one, maybe
    updates = [one for one in statements(counted) if one.startswith("UPDATE")]
    assert len(updates) == 2, updates


async def test_a_launch_tells_of_itself_three_times(vmm: InProcess) -> None:
    """It was asked for, it begins, it runs: each is news, and nothing else is."""
    vm_id = await vmm.create(stopped=True)
    before = await vmm.row(vm_id)
    assert before is not None
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    after = await vmm.row(vm_id)
    assert after is not None
    assert after.revision == before.revision + 3
