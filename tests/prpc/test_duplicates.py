"""The same request fifty times at once: one wins where only one may, and nothing leaks."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.in_process import InProcess
from vms.conf import conf
from vms.database import in_database
from vms.models import PortMapping, Vm

TIMES = 50
PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80}


@dataclass(frozen=True)
class Held:
    """What VMs hold: CIDs, host ports, directories."""

    cids: tuple[int, ...]
    ports: tuple[tuple[str, int], ...]
    directories: tuple[str, ...]


async def held(vmm: InProcess) -> Held:
    cids, ports = await in_database(
        lambda: (
            tuple(Vm.objects.order_by("cid").values_list("cid", flat=True)),
            tuple(PortMapping.objects.order_by("host_port").values_list("protocol", "host_port")),
        )
    )
    return Held(cids, ports, tuple(sorted(await vmm.driver.scan())))


async def at_once(vmm: InProcess, method: str, request: dict[str, Any]) -> list[httpx.Response]:
    return await asyncio.gather(*(vmm.call(method, request) for _ in range(TIMES)))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def launches(vmm: InProcess) -> int:
    return sum(call.verb == "launch" for call in vmm.driver.calls)


async def test_of_fifty_equal_creates_with_a_port_one_wins_and_the_rest_name_it(vmm: InProcess) -> None:
    before = await held(vmm)
    answers = await at_once(vmm, "CreateVm", vmm.configuration(ports=[PORT]))
    assert statuses(answers) == {200: 1, 409: TIMES - 1}
    winner = next(answer.json()["id"] for answer in answers if answer.status_code == 200)
    for answer in answers:
        if answer.status_code == 409:
            assert winner in answer.json()["message"]
    assert await held(vmm) == Held((*before.cids, conf().cvm.cids[0]), (("tcp", 8080),), (winner,))
    assert launches(vmm) == 1


async def test_fifty_creates_without_a_port_are_fifty_vms_with_cids_of_their_own(vmm: InProcess) -> None:
    answers = await at_once(vmm, "CreateVm", vmm.configuration(stopped=True))
    assert statuses(answers) == {200: TIMES}
    ids = sorted(answer.json()["id"] for answer in answers)
    assert await held(vmm) == Held(tuple(conf().cvm.cids[:TIMES]), (), tuple(ids))


async def test_fifty_creates_that_are_all_refused_leave_nothing(vmm: InProcess) -> None:
    before = await held(vmm)
    vmm.driver.refuse_launch(None, "no room")
    answers = await at_once(vmm, "CreateVm", vmm.configuration())
    assert statuses(answers) == {409: TIMES}
    assert {answer.json()["message"] for answer in answers} == {"no room"}
    assert await held(vmm) == before
    await vmm.nothing_left()


async def test_fifty_stops_are_one_stop(vmm: InProcess) -> None:
    vm_id = await vmm.create(ports=[PORT])
    before = await held(vmm)
    vmm.driver.stop_delay_s = 0.05
    answers = await at_once(vmm, "StopVm", {"id": vm_id})
    assert statuses(answers) == {204: TIMES}
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert (await vmm.events(vm_id)).count("host.exited") == 1
    assert await held(vmm) == before


async def test_fifty_removals_all_succeed_or_find_it_gone(vmm: InProcess) -> None:
    before = await held(vmm)
    vm_id = await vmm.create(ports=[PORT])
    answers = await at_once(vmm, "RemoveVm", {"id": vm_id})
    assert statuses(answers).keys() <= {204, 404}
    assert statuses(answers)[204] >= 1
    await vmm.until(vm_id, lambda vm: vm is None)
    assert await held(vmm) == before
    await vmm.nothing_left()


async def test_fifty_shutdowns_all_succeed_and_those_that_meet_ask_the_guest_once(vmm: InProcess) -> None:
    vmm.driver.ignores_powerdown = True
    vm_id = await vmm.create()
    answers = await at_once(vmm, "ShutdownVm", {"id": vm_id})
    assert statuses(answers) == {204: TIMES}
    assert (await vmm.info(vm_id))["status"] == "stopping"
    asked = sum(call.verb == "powerdown" for call in vmm.driver.calls)
    assert (await vmm.events(vm_id)).count("host.shutdown_requested") == asked
    assert 1 <= asked < TIMES / 2


async def test_fifty_equal_updates_leave_one_state(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True, ports=[PORT])
    other = PORT | {"host_port": 8081}
    answers = await at_once(vmm, "UpdateVm", {"id": vm_id, "update_ports": True, "ports": [other]})
    assert statuses(answers) == {200: TIMES}
    assert (await held(vmm)).ports == (("tcp", 8081),)


@pytest.mark.parametrize("method", ["StartVm", "StopVm", "ShutdownVm"])
async def test_a_request_and_a_removal_at_once_end_in_the_removal(vmm: InProcess, method: str) -> None:
    before = await held(vmm)
    vm_id = await vmm.create(ports=[PORT])
    calls = [vmm.call(name, {"id": vm_id}) for name in (method, "RemoveVm") for _ in range(TIMES // 2)]
    answers = await asyncio.gather(*calls)
    assert statuses(answers).keys() <= {204, 404, 409}, [a.text for a in answers if a.status_code > 409]
    await vmm.until(vm_id, lambda vm: vm is None)
    assert await held(vmm) == before
    await vmm.nothing_left()


async def test_starts_and_stops_at_once_end_in_one_of_both(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    before = await held(vmm)
    calls = [vmm.call(name, {"id": vm_id}) for _ in range(TIMES // 2) for name in ("StartVm", "StopVm")]
    answers = await asyncio.gather(*calls)
    assert statuses(answers).keys() <= {204, 409}
    settled = await vmm.until(vm_id, lambda vm: vm is not None and vm.observed_generation == vm.generation)
    assert settled is not None
    assert {("running", "on"), ("stopped", "off")} >= {(str(settled.desired), str(settled.actual))}
    assert await held(vmm) == before
