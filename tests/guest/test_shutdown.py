"""Shutting a guest down: its agent, else its power button; and when a forced stop may be offered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.guest.asking import SENDING, ask, cid_of
from tests.guest.dstack_guest import Behaviour, DstackGuest, response, serving
from tests.guest.host_client import ask as notify
from tests.guest.unix_sockets import UnixSockets
from tests.in_process import InProcess
from vms.conf import conf
from vms.database import in_database
from vms.guest import agents
from vms.selectors.node import this_node
from vms.selectors.watch import WatchRow, watch_row

EVERY_ENCODING = pytest.mark.parametrize("encoding", SENDING)


async def watched(vm_id: str) -> WatchRow:
    row = await in_database(watch_row, vm_id)
    assert row is not None
    return row


@EVERY_ENCODING
async def test_shutdown_asks_the_guest_and_is_no_crash(
    vmm: InProcess, sockets: UnixSockets, encoding: str
) -> None:
    vm_id = await vmm.create()
    async with serving(DstackGuest(), sockets, await cid_of(vmm, vm_id)) as guest:
        told = await ask(vmm, encoding, "Shutdown", vm_id)
        empty = {"documented": (204, b""), "prpc-json": (200, b"null"), "binary": (200, b"")}
        assert (told.status_code, told.content) == empty[encoding]
        assert [line.split()[1] for line in guest.asked] == ["/api/Shutdown?json"]
        info = await vmm.info(vm_id)
        assert (info["status"], info["shutdown_progress"]) == ("stopping", "the guest agent accepted")
        vmm.driver.die(vm_id)
        await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert "powerdown" not in vmm.driver.verbs(vm_id)


async def _refuses(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b'{"error": "not now"}', status=500))
    await writer.drain()


async def _never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("behave", [_refuses, _never])
async def test_an_agent_that_fails_leaves_the_power_button(
    vmm: InProcess, sockets: UnixSockets, behave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "CALL_S", 0.3)
    vm_id = await vmm.create()
    vmm.driver.ignores_powerdown = True
    async with serving(DstackGuest(behave=behave), sockets, await cid_of(vmm, vm_id)):
        assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["shutdown_progress"] == "power button pressed"
    assert vmm.driver.verbs(vm_id).count("powerdown") == 1


async def test_a_guest_that_says_it_powers_off_is_not_started_again(
    vmm: InProcess, sockets: UnixSockets
) -> None:
    vm_id = await vmm.create()
    guest = sockets.guest(await cid_of(vmm, vm_id))
    event = {"event": "shutdown.progress", "payload": "powering off"}
    assert (await notify(guest, "protobuf", "Notify", "Notification", event)).status == 200
    vmm.driver.die(vm_id)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert (await vmm.info(vm_id))["status"] == "stopped"


async def test_when_it_was_first_asked_is_told_until_the_next_start(
    vmm: InProcess, sockets: UnixSockets
) -> None:
    vm_id = await vmm.create()
    assert (await watched(vm_id)).shutdown_asked_at is None
    async with serving(DstackGuest(), sockets, await cid_of(vmm, vm_id)) as guest:
        assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 204
        first = (await watched(vm_id)).shutdown_asked_at
        assert first is not None
        await asyncio.sleep(0.01)
        assert (await vmm.call("ShutdownVm", {"id": vm_id})).status_code == 204
        assert len(guest.asked) == 2
    assert (await watched(vm_id)).shutdown_asked_at == first
    vmm.driver.die(vm_id)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == "off")
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    assert (await watched(vm_id)).shutdown_asked_at is None


async def test_a_forced_stop_is_offered_when_the_operator_says(vmm: InProcess, settings: Any) -> None:
    assert (await in_database(this_node, with_findings=True)).shutdown_timeout == 60
    cvm = conf().cvm.model_copy(update={"shutdown_timeout": 7})
    settings.VMM = conf().model_copy(update={"cvm": cvm})
    assert (await in_database(this_node, with_findings=True)).shutdown_timeout == 7
