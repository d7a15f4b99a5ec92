"""The server process: how it starts, refuses to start, and bounds its clients."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.site.mini import Start, client


async def test_a_port_that_is_taken_is_named_with_its_holder(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        mini = await start("steady", endpoint=str(port), ready=False)
        code, out, err = await mini.exit()
    assert code == 1
    assert out == ""
    assert err.count("\n") == 1
    assert f"can't listen on 127.0.0.1:{port}: Address already in use, by pid {os.getpid()} (" in err


async def test_two_servers_on_one_data_folder_are_refused(start: Start) -> None:
    first = await start()
    code, _, err = await (await start(ready=False)).exit()
    assert code == 1
    assert f"is in use by a server that runs already (pid {first.process.pid})" in err
    assert err.count("\n") == 1


async def test_the_data_folder_is_free_again_after_a_kill(start: Start) -> None:
    first = await start()
    first.process.kill()
    await first.exit()
    await start()


async def test_a_body_is_bounded_while_it_arrives(start: Start) -> None:
    mini = await start()
    async with client() as http:
        fits = await http.post(mini.url, content=b"x" * 100_000)
        assert (fits.status_code, fits.content) == (200, b"100000")
        announced = await http.post(mini.url, content=b"x" * 100_001)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 10_000

        chunked = await http.post(mini.url, content=chunks())
    for refused in (announced, chunked):
        assert refused.status_code == 413
        assert refused.json() == {"code": 413, "message": "the request's body is larger than 100000 bytes"}


async def test_websocket_messages_are_bounded(start: Start) -> None:
    mini = await start()
    async with connect(f"ws://127.0.0.1:{mini.port}/", proxy=None) as socket_:
        await socket_.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            await socket_.recv()


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_client_that_does_not_read_does_not_fill_the_memory(start: Start, kind: str) -> None:
    mini = await start()
    reader, writer = await asyncio.open_connection("127.0.0.1", mini.port, limit=1024)
    upgrade = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    extra = upgrade if kind == "websocket" else ""
    writer.write(f"GET /flood HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
    await writer.drain()
    assert await reader.read(1)
    async with client() as http:
        before, sent = -1, 0
        while sent != before:
            before = sent
            await asyncio.sleep(0.2)
            sent = int((await http.get(f"{mini.url}/sent")).content)
    # Of 131 MB, what the kernel's buffers hold.
    assert 0 < sent < 20_000_000
    writer.close()


async def test_a_socket_file_is_for_its_owner_and_replaced_when_stale(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "run" / "vmm.sock"
    first = await start(endpoint=str(path))
    first.process.kill()
    await first.exit()
    mini = await start(endpoint=str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as http:
        assert (await http.get("http://any/")).status_code == 200
    mini.signal(signal.SIGTERM)
    assert (await mini.exit())[0] == 0
    assert not path.exists()
