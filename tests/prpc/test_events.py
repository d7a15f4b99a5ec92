"""ListEvents: all that is kept of what happened to a VM, and only what is new to who asks again."""

from __future__ import annotations

from typing import Any

from tests.in_process import InProcess
from tests.prpc.test_semantics import said
from vms.conf import conf
from vms.database import in_database
from vms.models import Event
from vms.selectors import events


async def listed(vmm: InProcess, vm_id: str, after: int = 0) -> dict[str, Any]:
    answer = await vmm.client.get(f"/prpc/ListEvents?id={vm_id}&after={after}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_it_tells_more_than_get_info_does(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    last = conf().event_buffer_size
    await said(vmm, vm_id, *(("guest.note", str(number)) for number in range(2 * last)))
    told = await listed(vmm, vm_id)
    notes = [event["body"] for event in told["events"] if event["event"] == "guest.note"]
    assert notes == [str(number) for number in range(2 * last)]
    assert told["events"][0]["event"] == "host.started"
    assert told["kept"] == conf().events.max_count


async def test_who_names_the_last_is_told_what_came_after_it(vmm: InProcess) -> None:
    vm_id, other = await vmm.create(), await vmm.create()
    known = (await listed(vmm, vm_id))["events"][-1]["number"]
    assert (await listed(vmm, vm_id, known))["events"] == []
    await said(vmm, other, ("boot.progress", "of another VM"))
    await said(vmm, vm_id, ("boot.progress", "done"))
    [new] = (await listed(vmm, vm_id, known))["events"]
    assert new["number"] > known
    assert (new["event"], new["body"]) == ("boot.progress", "done")
    assert new["timestamp"] > 0


async def test_a_number_larger_than_any_is_nothing_new(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    assert (await listed(vmm, vm_id, 2**64 - 1))["events"] == []


async def test_of_very_many_the_newest_are_told(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    many = [Event(vm_id=vm_id, event="e", body=str(n), timestamp_ms=n) for n in range(events.MOST + 5)]
    await in_database(Event.objects.bulk_create, many)
    told = (await listed(vmm, vm_id))["events"]
    assert [event["body"] for event in told] == [str(n) for n in range(5, events.MOST + 5)]
