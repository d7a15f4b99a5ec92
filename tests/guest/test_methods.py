"""``/guest/<Method>`` and the host API through the whole server, with guests at the other end of sockets."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.guest import tables
from tests.guest.asking import SENDING, answer, ask, cid_of
from tests.guest.dstack_guest import DstackGuest, response, serving
from tests.guest.host_client import ask as notify
from tests.guest.unix_sockets import UnixSockets
from tests.in_process import InProcess
from tests.waiting import eventually
from vms.guest import agents

EVERY_ENCODING = pytest.mark.parametrize("encoding", SENDING)


@EVERY_ENCODING
@pytest.mark.parametrize("binary", [False, True], ids=["from json", "from protobuf"])
async def test_what_a_guest_tells_is_passed_on_in_every_encoding(
    vmm: InProcess, sockets: UnixSockets, encoding: str, binary: bool
) -> None:
    vm_id = await vmm.create()
    async with serving(DstackGuest(binary), sockets, await cid_of(vmm, vm_id)) as guest:
        for method, message in tables.ANSWERS.items():
            told = await ask(vmm, encoding, method, vm_id)
            assert told.status_code == 200, told.text
            assert answer(encoding, message, told) == tables.to_json(guest.answers[method])


async def test_get_is_for_what_changes_nothing(vmm: InProcess, sockets: UnixSockets) -> None:
    vm_id = await vmm.create()
    async with serving(DstackGuest(), sockets, await cid_of(vmm, vm_id)) as guest:
        for method in tables.ANSWERS:
            told = await vmm.client.get(f"/guest/{method}?id={vm_id}")
            assert (told.status_code, told.json()) == (200, tables.to_json(guest.answers[method]))
        refused = await vmm.client.get(f"/guest/Shutdown?id={vm_id}")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
        assert not any("Shutdown" in line for line in guest.asked)


@EVERY_ENCODING
async def test_failures_have_their_status_and_words(
    vmm: InProcess, sockets: UnixSockets, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "CALL_S", 0.5)
    stopped = await vmm.create(stopped=True)
    silent, broken, gone = [await vmm.create(name=name) for name in ("silent", "broken", "gone")]
    async with (
        serving(DstackGuest(behave=_never), sockets, await cid_of(vmm, silent)),
        serving(DstackGuest(behave=_nonsense), sockets, await cid_of(vmm, broken)),
    ):
        for method in tables.ANSWERS:
            for vm_id, status, words in (
                ("", 400, "id: is missing"),
                ("nobody", 404, "no VM has the id 'nobody'"),
                ("../../etc/passwd", 404, "no VM has the id '../../etc/passwd'"),
                ("x" * 5000, 404, "no VM has the id"),
                (stopped, 409, "does not run (stopped): its guest can't be asked"),
                (silent, 504, "the guest agent did not answer within 0.5 s"),
                (broken, 502, f"the guest agent answered {method} wrongly: not JSON"),
                (gone, 502, "the guest agent can't be asked: No such file or directory"),
            ):
                told = await ask(vmm, encoding, method, vm_id)
                assert told.status_code == status, (method, vm_id, told.text)
                assert words in answer(encoding, "PrpcError", told)["message"]
        for vm_id, status in (("", 400), ("nobody", 404), (stopped, 409)):
            assert (await ask(vmm, encoding, "Shutdown", vm_id)).status_code == status


async def _never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b"nonsense"))
    await writer.drain()


async def _refuses(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b'{"error": "not now"}', status=500))
    await writer.drain()


async def test_each_service_has_its_own_methods(vmm: InProcess) -> None:
    for path in ("prpc/Info", "guest/StartVm", "guest/Vmm.Info", "guest/", "guest/Info/x"):
        told = await vmm.client.post(f"/{path}", json={})
        assert (told.status_code, told.json()["code"]) == (404, 404), path
    told = await vmm.client.post("/guest/Nonsense", json={})
    assert told.json()["message"] == (
        "there is no method 'Nonsense'; there are Info, SysInfo, NetworkInfo, ListContainers, Shutdown"
    )


async def test_many_viewers_are_one_call(vmm: InProcess, sockets: UnixSockets) -> None:
    vm_id = await vmm.create()
    async with serving(DstackGuest(), sockets, await cid_of(vmm, vm_id)) as guest:
        told = await asyncio.gather(*(ask(vmm, "documented", "SysInfo", vm_id) for _ in range(50)))
    assert {response_.status_code for response_ in told} == {200}
    assert len(guest.asked) <= 2


async def test_guests_that_never_answer_hold_no_thread(vmm: InProcess, sockets: UnixSockets) -> None:
    """Far more of them than there are threads; everything else answers meanwhile."""
    silent = [await vmm.create(name=f"silent-{number}") for number in range(6)]
    guests = [DstackGuest(behave=_never) for _ in silent]
    talks = [
        serving(guest, sockets, await cid_of(vmm, vm_id)) for guest, vm_id in zip(guests, silent, strict=True)
    ]
    for talk in talks:
        await talk.__aenter__()
    waiting = [
        asyncio.create_task(ask(vmm, "documented", "Info", vm_id)) for vm_id in silent for _ in range(4)
    ]
    try:
        await eventually(lambda: all(guest.asked for guest in guests))
        async with asyncio.timeout(5):
            assert (await vmm.call("Status")).status_code == 200
            assert (await vmm.client.get("/healthz")).status_code == 200
        assert not any(task.done() for task in waiting)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for talk in talks:
            await talk.__aexit__(None, None, None)


async def test_what_a_guest_notifies_is_in_its_vm_s_info(vmm: InProcess, sockets: UnixSockets) -> None:
    vm_id, other = await vmm.create(), await vmm.create(name="other")
    guest = sockets.guest(await cid_of(vmm, vm_id))
    for event, payload in (
        ("boot.progress", "mounting \x1b[31m\u202e the disk"),
        ("boot.error", "no network"),
        (
            "instance.info",
            json.dumps({"instance_id": "AB" * 20, "instance_id_seed": "../x", "app_id": "00" * 20}),
        ),
        ("host.exited", "forged"),
        ("anything", "x" * 4096),
    ):
        told = await notify(guest, "json", "Notify", "Notification", {"event": event, "payload": payload})
        assert (told.status, told.body) == (200, b"null")
    info = await vmm.info(vm_id)
    assert info["boot_progress"] == "mounting \ufffd[31m\ufffd the disk"
    assert info["boot_error"] == "no network"
    assert info["instance_id"] == "ab" * 20
    vm = await vmm.row(vm_id)
    assert vm is not None
    assert (vm.instance_id_seed, vm.app_id != "00" * 20) == ("", True)
    events = [(event["event"], event["body"]) for event in info["events"]]
    assert ("guest.host.exited", "forged") in events
    assert ("anything", "x" * 4096) in events
    assert "boot.error" not in await vmm.events(other)


async def test_a_guest_gets_its_sealing_key(vmm: InProcess, sockets: UnixSockets) -> None:
    guest = sockets.guest(await cid_of(vmm, await vmm.create()))
    told = await notify(guest, "json", "GetSealingKey", "GetSealingKeyRequest", {"quote": b"q"})
    assert told.status == 200
    assert json.loads(told.body) == {"encrypted_key": "01ff", "provider_quote": "02"}
