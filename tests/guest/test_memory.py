"""What a guest that talks without end costs in memory: about one answer, however much it says."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.guest.dstack_guest import Behaviour, DstackGuest, serving
from tests.guest.host_client import CID, listening
from tests.guest.unix_sockets import HOST_CID, UnixSockets
from vms.guest.dstack_agent import MAX_ANSWER, DstackAgent
from vms.guest.interface import AgentFailed

TIMES = 10
PIECE = b"x" * 16384


@pytest.fixture(autouse=True)
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


async def grown_by(work: Callable[[], Awaitable[None]]) -> tuple[int, int]:
    """Bytes that many runs leave behind, and need at most, beyond what one run did before."""
    await work()
    gc.collect()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(TIMES):
        await work()
        gc.collect()  # an exception and the frames that it went through hold each other
    after, peak = tracemalloc.get_traced_memory()
    return after - before, peak - before


async def _endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\n\r\n")
    while True:
        writer.write(PIECE)
        await writer.drain()


async def _countless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Type: application/json\r\n\r\n")
    writer.write(b'{"disks":[' + b"{}," * (MAX_ANSWER // 4) + b"{}]}")
    await writer.drain()


@pytest.mark.parametrize("behave, at_most", [(_endless, 4 << 20), (_countless, 24 << 20)])
async def test_an_agent_s_answers(sockets: UnixSockets, behave: Behaviour, at_most: int) -> None:
    async def ask() -> None:
        with pytest.raises(AgentFailed, match="more than"):
            await DstackAgent(sockets, CID).sys_info()

    async with serving(DstackGuest(behave=behave), sockets, CID):
        left, most = await grown_by(ask)
    assert left < 1 << 20, left
    assert most < at_most, most


async def test_a_request_to_the_host(sockets: UnixSockets) -> None:
    guest = sockets.guest(CID)
    loop = asyncio.get_running_loop()

    async def flood() -> None:
        connection = await guest.connect(HOST_CID, 10000)
        try:
            await loop.sock_sendall(connection, b"POST /api/Notify HTTP/1.1\r\nHost: x\r\n")
            await loop.sock_sendall(connection, b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(640):
                await loop.sock_sendall(connection, b"4000\r\n" + PIECE + b"\r\n")
        except OSError:
            pass
        finally:
            connection.close()

    async with listening(sockets):
        left, most = await grown_by(flood)
    assert left < 1 << 20, left
    assert most < 2 << 20, most
