"""The server process ends: in order, on time, and nobody is cut off in the middle."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.site.mini import Start, client


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


async def test_messages_to_websockets_may_be_large_and_messages_from_them_may_not(start: Start) -> None:
    mini = await start()
    async with connect(f"ws://127.0.0.1:{mini.port}/large", proxy=None, max_size=None) as socket_:
        assert len(await socket_.recv()) == 8 << 20
        await socket_.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket_.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    mini.signal(signal.SIGTERM)
    _, _, err = await mini.exit()
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
    assert closed.value.rcvd.code == 1001
    code, out, err = await mini.exit()
    assert (code, out) == (0, "websocket 1001\n")
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


async def test_a_kept_connection_gets_one_more_answer_and_no_other(start: Start) -> None:
    mini = await start()
    async with client() as http:
        slow = asyncio.create_task(http.get(f"{mini.url}/slow"))
        assert await mini.line() == "slow begun"
        kept_reader, kept_writer = await asyncio.open_connection("127.0.0.1", mini.port)
        kept_writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await kept_reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        mini.signal(signal.SIGTERM)
        assert mini.process.stderr is not None
        assert b"ending on SIGTERM" in await mini.process.stderr.readline()
        await asyncio.sleep(0.1)  # the listeners are closed by then
        kept_writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await kept_reader.read()
        assert b"HTTP/1.1 200 OK" in answer
        assert b"Connection: close" in answer
        assert (await slow).status_code == 200
        kept_writer.close()
    assert (await mini.exit())[0] == 0


async def test_sockets_that_never_answer_or_never_open_hold_up_nothing(start: Start) -> None:
    """Fifty that are open, one whose client is deaf, one whose handshake has not come to its end."""
    mini = await start()
    head = (
        b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    deaf_reader, deaf = await asyncio.open_connection("127.0.0.1", mini.port)
    deaf.write(b"GET / HTTP/1.1\r\n" + head)
    assert (await deaf_reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    _reader, undecided = await asyncio.open_connection("127.0.0.1", mini.port)
    undecided.write(b"GET /undecided HTTP/1.1\r\n" + head)
    assert await mini.line() == "undecided begun"
    sockets = [await connect(f"ws://127.0.0.1:{mini.port}/", proxy=None) for _ in range(50)]
    mini.signal(signal.SIGTERM)
    for socket_ in sockets:
        with pytest.raises(ConnectionClosed) as closed:
            await socket_.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1001,
            "the server is ending; connect again",
        )
    code, _, err = await mini.exit()
    assert code == 0
    assert "could not be closed in order" not in err
    assert "Traceback" not in err
