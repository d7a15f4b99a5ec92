"""QMP, QEMU's control channel: one bounded session per guest.

A thin layer over the ``qemu.qmp`` package, which waits for ever unless told
otherwise. (Its ``legacy`` module is under the GPL and never imported.)
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from qemu.qmp import EventListener, ExecInterruptedError, ExecuteError, Message, QMPClient, QMPError
from qemu.qmp.protocol import Runstate

from .errors import NotAnswering
from .unix_socket import connect

CLOSE_TIMEOUT_S = 1.0

PEER_CREDENTIALS = struct.Struct("3i")
"""``struct ucred`` of unix(7): pid, uid, gid."""

# Every failure is raised to us as well, and a guest that goes away is none.
logging.getLogger("qemu.qmp").setLevel(logging.CRITICAL)


class QmpSession:
    """A negotiated connection to one QEMU's monitor socket.

    Made by :meth:`open`; usable until the far end hangs up, then only to be closed.
    ``peer_pid`` is the process that listens on the socket, as the kernel says it.
    """

    def __init__(self, client: QMPClient, peer_pid: int) -> None:
        self.peer_pid = peer_pid
        self.shutdown_reason: str | None = None
        """Why the guest ends, once QEMU has announced it (QMP ``ShutdownCause``)."""
        self._client = client
        self._listener = EventListener(names=("SHUTDOWN",))
        self._client.register_listener(self._listener)
        self._following: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, timeout_s: float) -> QmpSession:
        """Connect to the socket at ``path`` and negotiate.

        Raises:
            NotAnswering: nobody listens, or whoever does says nothing in time
                (a second client waits until the first one leaves).
        """
        connection = connect(path)
        session = cls(QMPClient(), _peer_pid(connection))
        try:
            async with asyncio.timeout(timeout_s):
                await session._client.connect(connection)
        except TimeoutError as error:
            raise NotAnswering(f"{path.name} did not greet in {timeout_s:g} s") from error
        except (QMPError, OSError, EOFError) as error:
            raise NotAnswering(f"{path.name} hung up: {error}") from error
        finally:
            if not session.is_open:
                connection.close()
        session._following = asyncio.create_task(session._follow_events())
        return session

    @property
    def is_open(self) -> bool:
        return self._client.runstate is Runstate.RUNNING

    async def execute(
        self, command: str, timeout_s: float, arguments: Mapping[str, object] | None = None
    ) -> object:
        """Run a QMP command and return what it returns.

        Raises:
            NotAnswering: no reply in time, an error as the reply, or the session is over.
        """
        if not self.is_open:
            raise NotAnswering(f"QEMU hung up before {command}")
        try:
            async with asyncio.timeout(timeout_s):
                return await self._client.execute(command, arguments)
        except TimeoutError as error:
            raise NotAnswering(f"QEMU did not answer {command} in {timeout_s:g} s") from error
        except ExecuteError as error:
            raise NotAnswering(f"QEMU refused {command}: {error}") from error
        except (ExecInterruptedError, QMPError, OSError, EOFError) as error:
            raise NotAnswering(f"QEMU hung up during {command}") from error

    async def guest_name(self, timeout_s: float) -> str:
        """The ``-name`` that this QEMU was started with. Raises NotAnswering."""
        reply = await self.execute("query-name", timeout_s)
        return str(reply.get("name", "")) if isinstance(reply, dict) else ""

    async def close(self) -> None:
        """Let go of the socket; the guest runs on. Repeatable, and never raises for a dead peer."""
        if self._following is not None:
            self._following.cancel()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._client.disconnect()
        except (TimeoutError, QMPError, OSError, EOFError):
            pass  # it is gone either way: how it went is told by the exit's evidence

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _follow_events(self) -> None:
        async for event in self._listener:
            self.shutdown_reason = _shutdown_reason(event)


def _shutdown_reason(event: Message) -> str | None:
    data = event.get("data")
    return str(data["reason"]) if isinstance(data, dict) and "reason" in data else None


def _peer_pid(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER_CREDENTIALS.size)
    pid: int = PEER_CREDENTIALS.unpack(credentials)[0]
    return pid
