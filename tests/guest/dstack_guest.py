"""A guest with dstack's agent, as the tests have it: an HTTP server written from the wire's tables."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from tests.guest import tables
from tests.guest.unix_sockets import UnixSockets

AGENT_PORT = 8000
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class DstackGuest:
    """It answers in protobuf (``binary``), or otherwise than an agent would; ``asked`` are request lines."""

    binary: bool = False
    behave: Behaviour | None = None
    asked: list[str] = field(default_factory=list)
    answers: dict[str, tables.Values] = field(
        default_factory=lambda: {method: tables.sample(kind) for method, kind in tables.ANSWERS.items()}
    )

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.splitlines()[0])
        length = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
        await reader.readexactly(int(length[0].split(":")[1]) if length else 0)
        if self.behave is not None:
            await self.behave(reader, writer)
            return
        verb, target, _ = head.split(" ", 2)
        path, _, query = target.partition("?")
        assert (verb, query) == ("POST", "json"), head
        writer.write(self._answer(path.removeprefix("/api/")))
        await writer.drain()

    def _answer(self, method: str) -> bytes:
        if method == "Shutdown":
            return response(b"" if self.binary else b"null", self.binary)
        values = self.answers[method]
        if self.binary:
            return response(tables.to_binary(tables.ANSWERS[method], values), True)
        return response(json.dumps(tables.to_json(values)).encode(), False)


def response(body: bytes, binary: bool = False, status: int = 200) -> bytes:
    """A whole HTTP answer."""
    kind = "application/octet-stream" if binary else "application/json"
    return (
        f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


@contextlib.asynccontextmanager
async def serving(guest: DstackGuest, sockets: UnixSockets, cid: int) -> AsyncIterator[DstackGuest]:
    """That guest's agent listens at its CID."""
    talks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await guest.talk(reader, writer)
        finally:
            talks.discard(task)
            writer.close()

    server = await asyncio.start_unix_server(connected, sock=sockets.listen(cid, AGENT_PORT))
    try:
        yield guest
    finally:
        server.close()
        for talk in list(talks):
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)
