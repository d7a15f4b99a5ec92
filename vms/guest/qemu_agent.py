"""The QEMU guest agent, over its virtio-serial channel: the common way to ask a plain guest.

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

SYNC_TIMEOUT_S = 3.0
REPLY_TIMEOUT_S = 3.0
MAX_REPLY = 1 << 20
_DELIMITER = b"\xff"


class AgentFailed(Exception):
    """The agent can't be reached, does not answer in time, or answers with an error."""


class QemuAgent:
    """One guest's agent; a connection is made for each call, for only one client is served."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def shutdown(self) -> None:
        """Ask the guest to power off. Raises AgentFailed.

        The agent sends no reply when it does so; an error reply is waited for briefly.
        """
        async with self._conversation() as (reader, writer):
            writer.write(_request("guest-shutdown", {"mode": "powerdown"}))
            await writer.drain()
            with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError):
                line = await asyncio.wait_for(reader.readuntil(b"\n"), 0.5)
                _result(line)

    @contextlib.asynccontextmanager
    async def _conversation(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            reader, writer = await asyncio.wait_for(self._connect(), SYNC_TIMEOUT_S)
        except (OSError, TimeoutError) as error:
            raise AgentFailed(f"the guest agent's channel can't be opened: {error}") from error
        try:
            await asyncio.wait_for(_synchronise(reader, writer), SYNC_TIMEOUT_S)
            yield reader, writer
        except TimeoutError as error:
            raise AgentFailed(f"the guest agent did not answer within {SYNC_TIMEOUT_S:g} s") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise AgentFailed(f"the guest agent answered nonsense: {error}") from error
        finally:
            # Not in peace: that would wait until a deaf agent has read what is still to be sent.
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # Through the directory's descriptor: a socket's path is limited to 108 bytes.
        directory = os.open(self._socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return await asyncio.open_unix_connection(
                f"/proc/self/fd/{directory}/{self._socket.name}", limit=MAX_REPLY
            )
        finally:
            os.close(directory)


async def _synchronise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    this = secrets.randbelow(1 << 31)
    writer.write(_DELIMITER + _request("guest-sync-delimited", {"id": this}))
    await writer.drain()
    thrown_away = 0
    while thrown_away <= MAX_REPLY:
        stale = await reader.readuntil(_DELIMITER)
        line = await reader.readuntil(b"\n")
        with contextlib.suppress(ValueError, AgentFailed):
            if _result(line.lstrip(_DELIMITER)) == this:
                return
        thrown_away += len(stale) + len(line)
    raise AgentFailed("the guest agent talks without end")


def _request(command: str, arguments: dict[str, Any]) -> bytes:
    return orjson.dumps({"execute": command, "arguments": arguments}) + b"\n"


def _result(line: bytes) -> Any:
    reply = orjson.loads(line)
    if isinstance(reply, dict) and isinstance(reply.get("error"), dict):
        raise AgentFailed(f"the guest agent refused: {str(reply['error'].get('desc', ''))[:200]}")
    return reply.get("return") if isinstance(reply, dict) else None
