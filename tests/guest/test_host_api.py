"""The host API over sockets, as a guest's program speaks it, in every form."""

from __future__ import annotations

import json

import pytest

from tests.guest.host_client import CID, FORMS, ask, listening, request, send, value
from tests.guest.unix_sockets import HOST_CID, UnixSockets
from vms.version import VERSION

FORMS_OF_IT = pytest.mark.parametrize("form", FORMS)


@FORMS_OF_IT
async def test_the_host_says_who_it_is(sockets: UnixSockets, form: str) -> None:
    async with listening(sockets):
        told = await ask(sockets.guest(CID), form, "Info", "Id", {"id": ""})
    assert (told.status, value(form, told, "HostInfo")) == (200, {"name": "dstack VMM", "version": VERSION})


@FORMS_OF_IT
async def test_an_event_is_taken_over_for_the_caller_s_vm(sockets: UnixSockets, form: str) -> None:
    event = {"event": "boot.progress", "payload": "mounting ü\n" * 100}
    async with listening(sockets) as host:
        told = await ask(sockets.guest(CID), form, "Notify", "Notification", event)
        assert (told.status, told.body) == (200, b"" if form == "protobuf" else b"null")
    assert host.notified == [("the-vm", event["event"], event["payload"])]


@FORMS_OF_IT
async def test_a_sealing_key_is_brought(sockets: UnixSockets, form: str) -> None:
    quote = bytes(range(256)) * 40
    async with listening(sockets) as host:
        told = await ask(sockets.guest(CID), form, "GetSealingKey", "GetSealingKeyRequest", {"quote": quote})
    assert told.status == 200
    assert value(form, told, "GetSealingKeyResponse") == {"encrypted_key": "01ff", "provider_quote": "02"}
    assert host.quotes == [quote]


@FORMS_OF_IT
async def test_who_is_no_vm_of_this_node_is_refused(sockets: UnixSockets, form: str) -> None:
    async with listening(sockets) as host:
        for stranger in (HOST_CID, CID + 1):
            event = {"event": "boot.progress", "payload": "x"}
            told = await ask(sockets.guest(stranger), form, "Notify", "Notification", event)
            assert told.status == 403
            assert "own VMs" in value(form, told, "PrpcError")["message"]
    assert host.notified == []


@FORMS_OF_IT
async def test_failures_have_their_status_and_words(sockets: UnixSockets, form: str) -> None:
    async with listening(sockets):
        guest = sockets.guest(CID)
        for method, message, values, status, words in (
            ("Notify", "Notification", {"event": "", "payload": ""}, 400, "event: is missing"),
            ("Notify", "Notification", {"event": "e", "payload": "ü" * 2049}, 413, "payload: 4098 bytes"),
            ("Notify", "Notification", {"event": "bug", "payload": ""}, 500, "internal error"),
            ("GetSealingKey", "GetSealingKeyRequest", {"quote": b"none"}, 503, "no key provider"),
            ("Nonsense", "Id", {"id": ""}, 404, "there are /api/Info, /api/Notify, /api/GetSealingKey"),
            ("../Info", "Id", {"id": ""}, 404, "there is no '/api/../Info'"),
        ):
            told = await ask(guest, form, method, message, values)
            assert told.status == status, (method, told)
            assert words in value(form, told, "PrpcError")["message"], told


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"7",
        b"[7]",
        b'{"event": 7}',
        b'{"event": {}}',
        b'{"event": "\xff"}',
        b'{"payload": []}',
        b'{"event": null, "payload": false}',
        b"[" * 20_000,
    ],
    ids=lambda body: repr(body[:30]),
)
async def test_json_of_every_wrong_type_is_400_and_names_the_field(sockets: UnixSockets, body: bytes) -> None:
    async with listening(sockets) as host:
        told = await send(sockets.guest(CID), request("Notify", body, "?json"))
    assert told.status == 400
    assert json.loads(told.body)["message"]
    assert host.notified == []


async def test_verbs_and_forms_that_are_none_are_refused(sockets: UnixSockets) -> None:
    async with listening(sockets):
        guest = sockets.guest(CID)
        assert (await send(guest, request("Info", b"", verb="GET"))).status == 200
        assert (await send(guest, request("Notify", b"", verb="GET"))).status == 405
        assert (await send(guest, request("Info", b"", verb="DELETE"))).status == 405
        assert (await send(guest, request("Notify", b"\xff\xff"))).status == 400
        assert (await send(guest, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status == 404
