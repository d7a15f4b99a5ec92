"""Talking with a QEMU guest agent: one JSON line there, one back, over its virtio-serial channel.

Each conversation begins with ``guest-sync-delimited``, which throws away what an earlier,
broken-off one left in the channel (qemu-ga's QAPI schema describes it).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson

from vms.guest.interface import AgentFailed, AgentSilent
from vms.said import one_line

SYNC_TIMEOUT_S = 3.0
REPLY_TIMEOUT_S = 3.0
MAX_REPLY = 256 << 10
"""Bytes of one reply."""
_DELIMITER = b"\xff"


class Refused(AgentFailed):
    """The agent answered with an error: it doesn't know the command, may not, or can't."""


class Conversation:
    """A channel that is in step: every request gets the reply that belongs to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, command: str, **arguments: object) -> Any:
        """What the agent returned, of whatever type. Raises Refused, and TimeoutError after 3 s."""
        self._writer.write(_request(command, arguments))
        async with asyncio.timeout(REPLY_TIMEOUT_S):
            await self._writer.drain()
            return _result(await self._reader.readuntil(b"\n"))

    async def ask_if_offered(self, command: str, **arguments: object) -> Any:
        """The same, and None where the agent refuses: not every agent tells everything."""
        with contextlib.suppress(Refused):
            return await self.ask(command, **arguments)
        return None

    async def synchronise(self) -> None:
        """Throw away what was left in the channel. Raises TimeoutError, AgentFailed."""
        this = secrets.randbelow(1 << 31)
        self._writer.write(_DELIMITER + _request("guest-sync-delimited", {"id": this}))
        await self._writer.drain()
        thrown_away = 0
        while thrown_away <= MAX_REPLY:
            stale = await self._reader.readuntil(_DELIMITER)
            line = await self._reader.readuntil(b"\n")
            with contextlib.suppress(ValueError, Refused):
                if _result(line.lstrip(_DELIMITER)) == this:
                    return
            thrown_away += len(stale) + len(line)
        raise AgentFailed("the guest agent talks without end")


@contextlib.asynccontextmanager
async def conversation(socket: Path) -> AsyncIterator[Conversation]:
    """Talk over the channel that QEMU has on that socket, which serves one client at a time.

    Raises:
        AgentFailed: it can't be opened, or the agent answers nonsense, before or while talking.
        AgentSilent: it does not answer in time.
    """
    try:
        async with asyncio.timeout(SYNC_TIMEOUT_S):
            reader, writer = await _connect(socket)
    except (OSError, TimeoutError) as error:
        raise AgentFailed(f"the guest agent's channel can't be opened: {error}") from error
    try:
        talk = Conversation(reader, writer)
        async with asyncio.timeout(SYNC_TIMEOUT_S):
            await talk.synchronise()
        yield talk
    except TimeoutError as error:
        raise AgentSilent(f"the guest agent did not answer within {SYNC_TIMEOUT_S:g} s") from error
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise AgentFailed(f"the guest agent answered nonsense: {one_line(str(error))}") from error
    finally:
        # Not in peace: that would wait until a deaf agent has read what is still to be sent.
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _connect(socket: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    # Through the directory's descriptor: a socket's path is limited to 108 bytes.
    directory = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{directory}/{socket.name}", limit=MAX_REPLY)
    finally:
        os.close(directory)


def _request(command: str, arguments: dict[str, object]) -> bytes:
    return orjson.dumps({"execute": command, "arguments": arguments}) + b"\n"


def _result(line: bytes) -> Any:
    reply = orjson.loads(line)
    if not isinstance(reply, dict):
        raise ValueError("a reply that is no object")
    if "error" in reply:
        error = reply["error"]
        said = error.get("desc", "") if isinstance(error, dict) else ""
        raise Refused(f"the guest agent refused: {one_line(str(said), 200)}")
    return reply.get("return")
