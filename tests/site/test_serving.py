"""The server process: how it starts, refuses to start, and ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).parents[2]


class Mini:
    """A running ``mini_serve``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().rstrip()

    async def exit(self) -> tuple[int | None, str, str]:
        """Exit code and what it still said to stdout and stderr."""
        async with asyncio.timeout(30):
            out, err = await self.process.communicate()
        return self.process.returncode, out.decode(), err.decode()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


Start = Callable[..., Awaitable[Mini]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    running: list[Mini] = []

    async def begin(
        *services: str, data: Path = tmp_path / "data", endpoint: str = "0", ready: bool = True
    ) -> Mini:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.site.mini_serve",
            str(data),
            endpoint,
            *services,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        mini = Mini(process)
        running.append(mini)
        if ready:
            said = await mini.line()
            assert said.startswith("ready ")
            if not endpoint.startswith("/"):
                mini.port = int(said.rpartition(":")[2])
        return mini

    yield begin
    for mini in running:
        if mini.process.returncode is None:
            mini.process.kill()
            await mini.process.wait()


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as opened:
        yield opened


async def connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    except ConnectionResetError:
        # It was still queued when the listener closed.
        return True
    writer.close()
    return True


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


async def test_sigterm_lets_a_request_finish(start: Start) -> None:
    mini = await start("steady")
    async with client() as http:
        answer = asyncio.create_task(http.get(f"{mini.url}/slow"))
        assert await mini.line() == "slow begun"
        mini.signal(signal.SIGTERM)
        assert (await answer).status_code == 200
    code, out, err = await mini.exit()
    assert (code, out) == (0, "steady ended\n"), err
    assert "Traceback" not in err
    assert "virtual machines run on" in err


async def test_no_new_connection_is_taken_while_ending(start: Start) -> None:
    mini = await start()
    async with client() as http:
        answer = asyncio.create_task(http.get(f"{mini.url}/slow"))
        assert await mini.line() == "slow begun"
        mini.signal(signal.SIGTERM)
        async with asyncio.timeout(0.9):
            while await connects(mini.port):
                pass
        await answer
    assert (await mini.exit())[0] == 0


async def test_a_follower_does_not_keep_the_server(start: Start) -> None:
    mini = await start()
    async with client() as http, http.stream("GET", f"{mini.url}/follow") as response:
        lines = response.aiter_bytes()
        assert await anext(lines) == b"first\n"
        mini.signal(signal.SIGTERM)
        assert await mini.line() == "follow ended"
    code, _, err = await mini.exit()
    assert code == 0, err
    assert "1 requests were cut off" in err
    assert "Traceback" not in err


async def test_websockets_are_closed_with_a_code_that_says_why(start: Start) -> None:
    mini = await start()
    async with connect(f"ws://127.0.0.1:{mini.port}/", proxy=None) as socket_:
        await socket_.send("x" * 60_000)
        assert await socket_.recv() == "60000"
        mini.signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            await socket_.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4012
    code, out, err = await mini.exit()
    assert (code, out) == (0, "websocket 4012\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("service", ["ends", "fails"])
async def test_a_background_service_that_ends_takes_the_server_with_it(start: Start, service: str) -> None:
    mini = await start("steady", service, ready=False)
    code, out, err = await mini.exit()
    assert code == 1
    assert out.endswith("steady ended\n")
    assert f"CRITICAL background service {service} " in err
    assert ("the worker's bug" in err) == (service == "fails")


async def test_a_service_that_will_not_end_is_cut_off(start: Start) -> None:
    mini = await start("stubborn")
    mini.signal(signal.SIGINT)
    code, _, err = await mini.exit()
    assert code == 0
    assert "1 background services did not end in time" in err


async def test_a_second_sigint_ends_at_once(start: Start) -> None:
    mini = await start()
    async with client() as http:
        answer = asyncio.create_task(http.get(f"{mini.url}/never"))
        assert await mini.line() == "never begun"
        mini.signal(signal.SIGINT)
        # Two equal signals that wait to be seen are one: only a seen one may be followed.
        assert mini.process.stderr is not None
        assert b"ending on SIGINT" in await mini.process.stderr.readline()
        mini.signal(signal.SIGINT)
        assert (await mini.exit())[0] == 130
        with pytest.raises(httpx.TransportError):
            await answer


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
