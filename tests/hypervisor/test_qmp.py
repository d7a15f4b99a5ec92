"""The monitor's session against a QEMU that misbehaves: every wait ends, and says what was wrong."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from vms.hypervisor.errors import NotAnswering
from vms.hypervisor.qmp import QmpSession

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 22}}, "capabilities": []}}
SOON_S = 0.2

Answer = Callable[[asyncio.StreamWriter, dict[str, Any]], Coroutine[None, None, None]]


def say(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    writer.write(json.dumps(message).encode() + b"\n")


async def answer_well(writer: asyncio.StreamWriter, command: dict[str, Any]) -> None:
    say(writer, {"return": {"name": "vm-1"}, "id": command["id"]})


async def answer_nothing(writer: asyncio.StreamWriter, command: dict[str, Any]) -> None:
    pass


async def answer_with_an_error(writer: asyncio.StreamWriter, command: dict[str, Any]) -> None:
    say(writer, {"error": {"class": "GenericError", "desc": "not now"}, "id": command["id"]})


async def hang_up(writer: asyncio.StreamWriter, command: dict[str, Any]) -> None:
    writer.close()


async def announce_the_end(writer: asyncio.StreamWriter, command: dict[str, Any]) -> None:
    say(writer, {"event": "SHUTDOWN", "data": {"guest": True, "reason": "guest-panic"}, "timestamp": {}})
    say(writer, {"return": {}, "id": command["id"]})


@asynccontextmanager
async def monitor(folder: Path, answer: Answer, greeting: bytes | None = None) -> AsyncIterator[Path]:
    """A monitor socket that greets, negotiates, and then answers every command with ``answer``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(GREETING).encode() + b"\n" if greeting is None else greeting)
        # The client ends its messages with nothing: what arrives together is one message.
        while data := await reader.read(4096):
            command = json.loads(data)
            if command["execute"] == "qmp_capabilities":
                say(writer, {"return": {}})
            else:
                await answer(writer, command)
        writer.close()

    path = folder / "qmp.sock"
    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield path


async def test_it_knows_the_name_and_the_process_of_its_peer(tmp_path: Path) -> None:
    async with monitor(tmp_path, answer_well) as path, await QmpSession.open(path, SOON_S) as session:
        assert await session.guest_name(SOON_S) == "vm-1"
        assert session.peer_pid == os.getpid()
        assert session.is_open


async def test_the_announced_reason_is_kept(tmp_path: Path) -> None:
    async with monitor(tmp_path, announce_the_end) as path, await QmpSession.open(path, SOON_S) as session:
        assert session.shutdown_reason is None
        await session.execute("quit", SOON_S)
        await asyncio.sleep(0)
        assert session.shutdown_reason == "guest-panic"


@pytest.mark.parametrize(
    "answer, words",
    [
        (answer_nothing, "did not answer query-status in 0.2 s"),
        (answer_with_an_error, "refused query-status: not now"),
        (hang_up, "hung up during query-status"),
    ],
)
async def test_a_command_that_is_not_answered_says_how(tmp_path: Path, answer: Answer, words: str) -> None:
    async with monitor(tmp_path, answer) as path, await QmpSession.open(path, SOON_S) as session:
        with pytest.raises(NotAnswering, match=words):
            await session.execute("query-status", SOON_S)


async def test_a_session_whose_peer_left_is_over(tmp_path: Path) -> None:
    async with monitor(tmp_path, hang_up) as path, await QmpSession.open(path, SOON_S) as session:
        with pytest.raises(NotAnswering):
            await session.execute("quit", SOON_S)
        assert not session.is_open
        with pytest.raises(NotAnswering, match="hung up before query-status"):
            await session.execute("query-status", SOON_S)


async def test_a_session_can_be_closed_twice(tmp_path: Path) -> None:
    async with monitor(tmp_path, answer_well) as path:
        session = await QmpSession.open(path, SOON_S)
        await session.close()
        await session.close()
        assert not session.is_open


@pytest.mark.parametrize(
    "greeting, words", [(b"", "did not greet in 0.2 s"), (b"hello\n", "hung up"), (b"{}\n", "hung up")]
)
async def test_whoever_does_not_greet_like_qemu_is_not_answering(
    tmp_path: Path, greeting: bytes, words: str
) -> None:
    async with monitor(tmp_path, answer_well, greeting) as path:
        with pytest.raises(NotAnswering, match=words):
            await QmpSession.open(path, SOON_S)


async def test_a_socket_that_nobody_serves_is_not_answering(tmp_path: Path) -> None:
    async with monitor(tmp_path, answer_well) as path:
        pass
    with pytest.raises(NotAnswering, match=r"nobody answers at qmp\.sock"):
        await QmpSession.open(path, SOON_S)
    with pytest.raises(NotAnswering, match="not there"):
        await QmpSession.open(tmp_path / "nowhere" / "qmp.sock", SOON_S)
