"""The host API's bounds: guests that send too much, too often, never, or nonsense."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.guest.host_client import CID, PORT, RecordingHost, ask, listening, request, send
from tests.guest.unix_sockets import HOST_CID, UnixSockets
from tests.waiting import eventually
from vms.guest import allowance, http_server
from vms.guest.host_api import MAX_PAYLOAD, HostApi, body_limit
from vms.guest.http_server import GuestServer


async def test_what_is_no_http_or_too_large_is_refused_in_words(sockets: UnixSockets) -> None:
    async with listening(sockets) as host:
        guest = sockets.guest(CID)
        for sent, status in (
            (b"\x00\x01\x02\r\n\r\n", 400),
            (b"POST /api/Notify HTTP/1.1\r\n\r\n", 400),
            (b"POST /api/Notify HTTP/1.1\r\nX: " + b"x" * http_server.MAX_HEAD * 2, 431),
            (request("Notify", b"x" * (8 * MAX_PAYLOAD + 1)), 413),
            (request("Info", b"x" * (8 * MAX_PAYLOAD + 1)), 413),
        ):
            told = await send(guest, sent)
            assert told.status == status, sent[:40]
            assert json.loads(told.body)["message"]
        crumbs = b"1\r\nx\r\n" * (http_server.MAX_PARTS + 1)
        head = b"POST /api/Notify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        told = await send(guest, head + crumbs)
        assert (told.status, json.loads(told.body)["message"]) == (
            400,
            f"the request's body comes in more than {http_server.MAX_PARTS} pieces",
        )
    assert host.notified == []


async def test_a_client_that_waits_to_be_told_to_go_on_is_told(sockets: UnixSockets) -> None:
    body = b'{"event": "e", "payload": "p"}'
    async with listening(sockets) as host:
        connection = await sockets.guest(CID).connect(HOST_CID, PORT)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        head = request("Notify", body, "?json").removesuffix(b"\r\n" + body) + b"Expect: 100-continue\r\n\r\n"
        writer.write(head)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(body)
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
    assert len(host.notified) == 1


async def test_a_guest_has_a_few_connections_and_others_have_theirs(sockets: UnixSockets) -> None:
    async with listening(sockets):
        guest = sockets.guest(CID)
        held = [await guest.connect(HOST_CID, PORT) for _ in range(allowance.MAX_CONNECTIONS)]
        refused = await guest.connect(HOST_CID, PORT)
        assert await asyncio.get_running_loop().sock_recv(refused, 1) == b""
        assert (await ask(sockets.guest(CID + 1), "json", "Info", "Id", {"id": ""})).status == 403
        for connection in (*held, refused):
            connection.close()
        await eventually(lambda: _answers(guest))


async def _answers(guest: UnixSockets) -> bool:
    try:
        return (await ask(guest, "json", "Info", "Id", {"id": ""})).status == 200
    except (OSError, IndexError):
        return False


async def test_a_flood_is_its_own_guest_s_loss(sockets: UnixSockets) -> None:
    async with listening(sockets) as host:
        guest = sockets.guest(CID)
        event = {"event": "e", "payload": "p"}
        statuses = [
            (await ask(guest, "json", "Notify", "Notification", event)).status
            for _ in range(2 * allowance.BURST)
        ]
        assert statuses[: allowance.BURST] == [200] * allowance.BURST
        assert statuses.count(429) > 0
        assert len(host.notified) == statuses.count(200)
        assert (await ask(sockets.guest(CID + 1), "json", "Info", "Id", {"id": ""})).status == 403


async def test_a_request_that_never_ends_is_given_up(
    sockets: UnixSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "REQUEST_S", 0.3)
    async with listening(sockets):
        for sent in (b"", b"POST /api/Notify HT", request("Notify", b"x" * 100)[:-50]):
            told = await send(sockets.guest(CID), sent)
            assert told.status == 408, sent


async def test_large_bodies_of_all_guests_together_are_few(sockets: UnixSockets) -> None:
    """Those that are under way are not lost by it, and small ones go on."""
    half = request("GetSealingKey", b"\x0a" + b"x" * (1 << 20), kind="")[: 200 << 10]
    async with listening(sockets):
        held = []
        for cid in range(2000, 2000 + http_server.LARGE_AT_ONCE):
            connection = await sockets.guest(cid).connect(HOST_CID, PORT)
            await asyncio.get_running_loop().sock_sendall(connection, half)
            held.append(connection)
        one_more = await send(sockets.guest(CID), half)
        assert (one_more.status, json.loads(one_more.body)["code"]) == (503, 503)
        assert (await ask(sockets.guest(CID), "json", "Info", "Id", {"id": ""})).status == 200
        for connection in held:
            connection.close()


async def test_where_nothing_can_be_listened_on_it_says_so_once_and_tries_again(
    sockets: UnixSockets, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_server, "LISTEN_AGAIN_S", 0.01)
    taken = sockets.listen(HOST_CID, PORT)
    where = taken.getsockname()
    running = asyncio.create_task(
        GuestServer(sockets, HOST_CID, PORT, HostApi(RecordingHost()).handle, body_limit).run()
    )
    await asyncio.sleep(0.1)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "CID 2 port 10000: [Errno 98] Address already in use" in caplog.text
    taken.close()
    Path(where).unlink()
    await eventually(lambda: _answers(sockets.guest(CID)))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_ending_leaves_no_task_and_no_descriptor(sockets: UnixSockets) -> None:
    before = len(os.listdir("/proc/self/fd"))
    async with listening(sockets):
        held = [await sockets.guest(CID).connect(HOST_CID, PORT) for _ in range(3)]
        await asyncio.sleep(0.05)
    for connection in held:
        assert await asyncio.get_running_loop().sock_recv(connection, 1) == b""
        connection.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not [task for task in asyncio.all_tasks() if "host API" in task.get_name()]
