"""The QEMU guest agent's client, against a real socket with an agent, or with worse, behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from vms.guest import qemu_channel
from vms.guest.interface import AgentFailed, AgentSilent
from vms.guest.qemu_agent import QemuAgent

Behaviour = Callable[["Guest"], Awaitable[None]]


class Guest:
    """One connection to the socket, seen from inside the guest."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> dict[str, Any]:
        line = await self.reader.readline()
        request: dict[str, Any] = json.loads(line.lstrip(b"\xff"))
        return request

    async def say(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))
        await self.writer.drain()

    async def synchronise(self, before: bytes = b"") -> None:
        request = await self.request()
        assert request["execute"] == "guest-sync-delimited"
        answer = json.dumps({"return": request["arguments"]["id"]}).encode()
        await self.say(before, b"\xff", answer, b"\n")


@contextlib.asynccontextmanager
async def agent(tmp_path: Path, behaviour: Behaviour) -> AsyncIterator[QemuAgent]:
    """A client of an agent that behaves so; the directory's name is longer than a socket's may be."""
    ended: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            with contextlib.suppress(ConnectionError):
                await behaviour(Guest(reader, writer))
                await writer.drain()
        finally:
            writer.close()

    directory = tmp_path / ("long" * 30)
    directory.mkdir()
    descriptor = os.open(directory, os.O_PATH)
    server = await asyncio.start_unix_server(connected, f"/proc/self/fd/{descriptor}/qga.sock")
    try:
        async with asyncio.timeout(20):
            yield QemuAgent(directory / "qga.sock")
    finally:
        server.close()
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        await asyncio.sleep(0)  # the connections are closed in the loop's next turn
        os.close(descriptor)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu_channel, "SYNC_TIMEOUT_S", 0.3)


async def test_the_guest_is_asked_to_power_off(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = []

    async def obeys(guest: Guest) -> None:
        await guest.synchronise()
        asked.append(await guest.request())

    async with agent(tmp_path, obeys) as client:
        await client.shutdown()
    assert asked == [{"execute": "guest-shutdown", "arguments": {"mode": "powerdown"}}]


async def test_silence_after_the_request_is_acceptance(tmp_path: Path) -> None:
    async def accepts(guest: Guest) -> None:
        await guest.synchronise()
        await guest.request()
        await asyncio.Event().wait()

    async with agent(tmp_path, accepts) as client:
        await client.shutdown()


@pytest.mark.parametrize(
    "stale",
    [
        b'{"return": 1}\n',
        b'\xff{"return": 1}\n',
        b'{"return": {"half',
        b'\xff{"error": {"desc": "an old one"}}\n',
        b"\xff\xff\xff[]\n\xff7\n",
        b"\x00\x01 nonsense \xfe\n\n\n",
        b"x" * 60_000,
    ],
    ids=lambda stale: repr(stale[:20]),
)
async def test_what_an_earlier_conversation_left_is_thrown_away(tmp_path: Path, stale: bytes) -> None:
    async def obeys(guest: Guest) -> None:
        await guest.synchronise(before=stale)
        await guest.request()

    async with agent(tmp_path, obeys) as client:
        await client.shutdown()


async def test_a_refusal_is_told_in_the_agents_words_and_bounded(tmp_path: Path) -> None:
    async def refuses(guest: Guest) -> None:
        await guest.synchronise()
        await guest.request()
        await guest.say(
            json.dumps({"error": {"class": "Generic", "desc": "not now " * 1000}}).encode(), b"\n"
        )

    async with agent(tmp_path, refuses) as client:
        with pytest.raises(AgentFailed, match="refused: not now not now") as failed:
            await client.shutdown()
    assert len(str(failed.value)) < 300


async def test_an_agent_that_never_answers_fails_in_time(quick: None, tmp_path: Path) -> None:
    async def hangs(guest: Guest) -> None:
        await asyncio.Event().wait()

    async with agent(tmp_path, hangs) as client:
        begin = asyncio.get_running_loop().time()
        with pytest.raises(AgentSilent, match="did not answer within"):
            await client.shutdown()
        assert asyncio.get_running_loop().time() - begin < 2


async def test_an_agent_that_hangs_up_fails_at_once(tmp_path: Path) -> None:
    async def hangs_up(guest: Guest) -> None:
        await guest.request()

    async with agent(tmp_path, hangs_up) as client:
        with pytest.raises(AgentFailed, match="nonsense"):
            await client.shutdown()


@pytest.mark.parametrize("talk", [b"x" * 8192, b"\xff" * 8192, b"\xff{}\n" * 2048, b"\n" * 8192])
async def test_an_agent_that_talks_without_end_fails_and_blocks_nobody(
    quick: None, tmp_path: Path, talk: bytes
) -> None:
    said = 0

    async def babbles(guest: Guest) -> None:
        nonlocal said
        while True:
            await guest.say(talk)
            said += len(talk)

    longest = 0.0

    async def others() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            begin = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - begin)

    async with agent(tmp_path, babbles) as client:
        waiting = asyncio.create_task(others())
        with pytest.raises((AgentFailed, AgentSilent)):
            await client.shutdown()
        waiting.cancel()
    assert said < 8 << 20
    assert longest < 2.0


async def test_an_endless_answer_to_the_request_is_not_kept(tmp_path: Path) -> None:
    async def babbles(guest: Guest) -> None:
        await guest.synchronise()
        await guest.request()
        while True:
            await guest.say(b"x" * 8192)

    async with agent(tmp_path, babbles) as client:
        with pytest.raises(AgentFailed, match="nonsense"):
            await client.shutdown()


async def test_an_agent_that_does_not_listen_does_not_hold_the_end_up(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def huge(command: str, arguments: dict[str, Any]) -> bytes:
        return b"x" * (16 << 20)

    async def deaf(guest: Guest) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(qemu_channel, "_request", huge)
    async with agent(tmp_path, deaf) as client, asyncio.timeout(5):
        with pytest.raises(AgentSilent):
            await client.shutdown()


async def test_no_socket_and_no_directory_are_failures_too(tmp_path: Path) -> None:
    for path in (tmp_path / "qga.sock", tmp_path / "none" / "qga.sock"):
        with pytest.raises(AgentFailed, match="can't be opened"):
            await QemuAgent(path).shutdown()


async def test_each_call_leaves_no_connection_and_no_descriptor(tmp_path: Path) -> None:
    async def obeys(guest: Guest) -> None:
        await guest.synchronise()
        await guest.request()

    async with agent(tmp_path, obeys) as client:
        await client.shutdown()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            await client.shutdown()
        await asyncio.sleep(0.01)
        assert len(os.listdir("/proc/self/fd")) <= before
