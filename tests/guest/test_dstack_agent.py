"""dstack's agent: its answers in both encodings, and everything that it might do instead."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

import pytest

from tests.guest import tables
from tests.guest.dstack_guest import Behaviour, DstackGuest, response, serving
from tests.guest.unix_sockets import UnixSockets
from vms.guest import dstack_agent
from vms.guest.dstack_agent import DstackAgent
from vms.guest.interface import AgentFailed

CID = 1234


async def answers(agent: DstackAgent) -> dict[str, Any]:
    """What all methods answered, lists and bytes as the tables have them."""
    told: dict[str, Any] = {
        "Info": await agent.info(),
        "SysInfo": await agent.sys_info(),
        "NetworkInfo": await agent.network_info(),
        "ListContainers": await agent.list_containers(),
    }
    return {method: _listed(asdict(answer)) for method, answer in told.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(inner) for name, inner in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("binary", [False, True], ids=["json", "protobuf"])
async def test_every_answer_is_understood_in_both_encodings(sockets: UnixSockets, binary: bool) -> None:
    async with serving(DstackGuest(binary), sockets, CID) as guest:
        agent = DstackAgent(sockets, CID)
        assert await answers(agent) == guest.answers
        await agent.shutdown()
        assert [line.split()[1] for line in guest.asked] == [
            f"/api/{method}?json" for method in (*tables.ANSWERS, "Shutdown")
        ]


@pytest.mark.parametrize("binary", [False, True], ids=["json", "protobuf"])
async def test_what_an_agent_leaves_out_has_proto3_s_default(sockets: UnixSockets, binary: bool) -> None:
    async def says_little(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"" if binary else b'{"os_name": null, "no_such_field": 1}', binary))
        await writer.drain()

    async with serving(DstackGuest(behave=says_little), sockets, CID):
        info = await DstackAgent(sockets, CID).sys_info()
    assert asdict(info) == tables.from_binary("SystemInfo", b"") | {"disks": ()}


WRONG: list[bytes] = [
    b"",
    b"nonsense",
    b"null",
    b"7",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"os_name": 7}',
    b'{"os_name": ["a"]}',
    b'{"os_name": {}}',
    b'{"os_name": "\xff"}',
    b'{"os_name": "\\ud800"}',
    b'{"num_cpus": "2"}',
    b'{"num_cpus": -1}',
    b'{"num_cpus": 4294967296}',
    b'{"num_cpus": 1.5}',
    b'{"num_cpus": true}',
    b'{"num_cpus": 1e400}',
    b'{"total_memory": 18446744073709551616}',
    b'{"disks": {}}',
    b'{"disks": "vda"}',
    b'{"disks": [7]}',
    b'{"disks": [null]}',
    b'{"disks": [{"total_size": "1"}]}',
    b'{"disks": [' + b"{}," * 100_000 + b"{}]}",
    b'{"no_such_field": [' + b"[]," * 100_000 + b"[]]}",
]


@pytest.mark.parametrize("body", WRONG, ids=lambda body: repr(body[:40]))
async def test_json_of_every_wrong_type_is_a_failure_with_words(sockets: UnixSockets, body: bytes) -> None:
    async def answers_wrongly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body))
        await writer.drain()

    async with serving(DstackGuest(behave=answers_wrongly), sockets, CID):
        with pytest.raises(AgentFailed, match="answered SysInfo wrongly: "):
            await DstackAgent(sockets, CID).sys_info()


async def test_more_values_in_binary_than_may_be_are_a_failure(sockets: UnixSockets) -> None:
    async def answers_much(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"\x8a\x01\x00" * 100_000, True))
        await writer.drain()

    async with serving(DstackGuest(behave=answers_much), sockets, CID):
        with pytest.raises(AgentFailed, match="answered SysInfo wrongly: more than 16384 values"):
            await DstackAgent(sockets, CID).sys_info()


@pytest.mark.parametrize("body", [b"\xff" * 20, b"\x0a\x02\xff\xfe", b"\x0a\xff\xff\xff\xff\x0f"])
async def test_bytes_that_are_no_such_message_are_a_failure(sockets: UnixSockets, body: bytes) -> None:
    async def answers_wrongly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body, True))
        await writer.drain()

    async with serving(DstackGuest(behave=answers_wrongly), sockets, CID):
        with pytest.raises(AgentFailed, match="no protobuf message SystemInfo"):
            await DstackAgent(sockets, CID).sys_info()


def _refusing(body: bytes, binary: bool) -> Behaviour:
    async def refuses(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body, binary, 500))
        await writer.drain()

    return refuses


@pytest.mark.parametrize("binary", [False, True], ids=["json", "protobuf"])
async def test_a_refusal_is_told_in_the_agent_s_words_on_one_bounded_line(
    sockets: UnixSockets, binary: bool
) -> None:
    said = "no docker\x1b[31m\r\n" + "x" * 5000
    body = (
        tables.to_binary("PrpcError", {"message": said}) if binary else json.dumps({"error": said}).encode()
    )
    async with serving(DstackGuest(behave=_refusing(body, binary)), sockets, CID):
        with pytest.raises(
            AgentFailed, match=r"answered ListContainers with 500: no docker \[31m xxx"
        ) as failed:
            await DstackAgent(sockets, CID).list_containers()
    assert len(str(failed.value)) < 400
    assert str(failed.value).isprintable()


async def _endless_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def _endless_chunks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 10_000)
        await writer.drain()


async def _endless_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 1000)
        await writer.drain()


async def _endless_preludes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 -\r\n\r\n" * 1000)
        await writer.drain()


async def _ten_megabytes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b'{"os_name": "' + b"x" * (10 << 20) + b'"}'))
    await writer.drain()


async def _no_http(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\x01\x02 SSH-2.0\r\n\r\n")
    await writer.drain()


async def _hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


@pytest.mark.parametrize(
    "behave",
    [_endless_body, _endless_chunks, _endless_head, _endless_preludes, _ten_megabytes, _no_http, _hangs_up],
)
async def test_an_agent_that_is_none_fails_soon_and_never_owns_the_loop(
    sockets: UnixSockets, behave: Behaviour
) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with serving(DstackGuest(behave=behave), sockets, CID), asyncio.timeout(30):
        waiting = asyncio.create_task(others())
        with pytest.raises(AgentFailed):
            await DstackAgent(sockets, CID).sys_info()
        waiting.cancel()
    pieces = dstack_agent.MAX_ANSWER // dstack_agent.PIECE
    assert turns >= (pieces if behave in (_endless_body, _ten_megabytes) else 1)


@pytest.mark.parametrize(
    "behave, words",
    [
        (_endless_body, f"more than {dstack_agent.MAX_ANSWER} bytes"),
        (_ten_megabytes, f"more than {dstack_agent.MAX_ANSWER} bytes"),
        (_endless_chunks, f"in more than {dstack_agent.MAX_PARTS} pieces"),
        (_endless_preludes, f"more than {dstack_agent.MAX_HEAD} bytes"),
    ],
)
async def test_what_is_too_much_is_said(sockets: UnixSockets, behave: Behaviour, words: str) -> None:
    async with serving(DstackGuest(behave=behave), sockets, CID):
        with pytest.raises(AgentFailed, match=words):
            await DstackAgent(sockets, CID).sys_info()


async def test_an_answer_as_large_as_may_be_is_understood(sockets: UnixSockets) -> None:
    text = "x" * (dstack_agent.MAX_ANSWER - 100)

    async def says_much(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(json.dumps({"tcb_info": text}).encode()))
        await writer.drain()

    async with serving(DstackGuest(behave=says_much), sockets, CID):
        assert (await DstackAgent(sockets, CID).info()).tcb_info == text


async def test_a_guest_that_is_not_there_can_t_be_asked(sockets: UnixSockets) -> None:
    with pytest.raises(AgentFailed, match="can't be asked: No such file or directory"):
        await DstackAgent(sockets, CID).info()


async def test_a_guest_that_takes_no_connection_is_given_up(
    sockets: UnixSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(cid: int, port: int) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(dstack_agent, "CONNECT_S", 0.05)
    monkeypatch.setattr(sockets, "connect", never)
    with pytest.raises(AgentFailed, match="took no connection within"):
        await DstackAgent(sockets, CID).info()
