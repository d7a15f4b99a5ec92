"""A key provider of the tests: a real TCP server that speaks, or breaks, the protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from vms.guest.key_provider import KeyProvider

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


async def asked(reader: asyncio.StreamReader) -> bytes:
    """The quote of one request, as its sender framed it."""
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    request = json.loads(await reader.readexactly(length))
    assert set(request) == {"quote"}
    return bytes(request["quote"])


@contextlib.asynccontextmanager
async def provider(behave: Behaviour) -> AsyncIterator[KeyProvider]:
    """A client of a server that behaves so."""
    talks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            with contextlib.suppress(ConnectionError):
                await behave(reader, writer)
                await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        async with asyncio.timeout(30):
            yield KeyProvider("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)


def answering(body: bytes) -> Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(framed(body))

    return behave
