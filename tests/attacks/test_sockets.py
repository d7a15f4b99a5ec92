"""Websockets that flood, lie, or come from elsewhere."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.attacks.target import Target, statuses

PATHS = ["/ws/status", "/ws/figures"]


def opened(target: Target, path: str, who: str = "ada", **options: Any) -> ClientConnection:
    token = {"Authorization": f"Bearer {target.tokens[who]}"} if who else {}
    url = target.server.url.replace("http", "ws", 1) + path
    headers = token | options.pop("headers", {})
    socket: ClientConnection = connect(
        url, additional_headers=headers, max_size=None, open_timeout=30, **options
    )
    return socket


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "file://"])
@pytest.mark.parametrize("path", PATHS)
def test_another_site_opens_no_websocket(target: Target, path: str, origin: str) -> None:
    with target.browser("ada") as browser:
        cookie = {"Cookie": f"sessionid={browser.cookies['sessionid']}"}
    with pytest.raises(InvalidStatus) as refused:
        opened(target, path, "", headers=cookie, origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_name_bound_to_this_address_opens_no_websocket(target: Target, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(target, path, headers={"Host": "evil.example"}, origin="http://evil.example")
    assert refused.value.response.status_code in (400, 403)


@pytest.mark.parametrize("path", [*PATHS, "/ws/nothing", "/ws/../ws/status", "/ws/status/"])
def test_nobody_is_told_anything(target: Target, path: str) -> None:
    with contextlib.suppress(InvalidStatus), opened(target, path, "") as socket:
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
        assert socket.close_code in (4401, 4404)


@pytest.mark.parametrize("path", PATHS)
def test_a_message_that_is_too_large_ends_the_connection(target: Target, path: str) -> None:
    with opened(target, path) as socket:
        with contextlib.suppress(ConnectionClosed):
            socket.send("x" * (1 << 20))
            while True:
                socket.recv(timeout=30)
        assert socket.close_code == 1009


@pytest.mark.parametrize("path", PATHS)
def test_a_flood_of_messages_earns_no_flood(target: Target, path: str) -> None:
    with opened(target, path) as socket:
        for _ in range(5000):
            socket.send('{"type":"ping"}')
        assert target.is_well()
        pongs = 0
        with contextlib.suppress(TimeoutError):
            while True:
                pongs += json.loads(socket.recv(timeout=2))["type"] == "pong"
    assert 1 <= pongs < 100


MESSAGES = [
    "x",
    "[" * 50_000,
    "null",
    '{"type": "watch"}',
    '{"type": "watch", "vms": "../../etc/passwd"}',
    '{"type": "watch", "vms": ["' + "x" * 10_000 + '"]}',
    '{"type": "watch", "vms": [' + ",".join(['"a"'] * 1000) + "]}",
    '{"type": "watch", "vms": [{"id": 1}]}',
    '{"type": "watch", "vms": ["\' OR 1=1 --", "\\u0000"]}',
    '{"type": "__init__"}',
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda text: text[:30])
def test_no_message_is_a_bug(target: Target, message: str) -> None:
    with opened(target, "/ws/figures") as socket:
        socket.send(message)
        socket.send('{"type": "ping"}')
        kinds = set()
        while "pong" not in kinds and "refused" not in kinds:
            kinds.add(json.loads(socket.recv(timeout=30))["type"])
        assert kinds <= {"pong", "refused", "unknown"}


def test_a_frame_that_is_no_text_ends_the_connection(target: Target) -> None:
    with opened(target, "/ws/status") as socket:
        with contextlib.suppress(ConnectionClosed):
            socket.send(b"\xff\xfe", text=True)
            while True:
                socket.recv(timeout=30)
        assert socket.close_code == 1007


def test_a_member_watches_nobody_else_s_vm(target: Target) -> None:
    with opened(target, "/ws/status", "max") as socket:
        assert target.vm not in socket.recv(timeout=30)
    with opened(target, "/ws/figures", "max") as socket:
        socket.send(json.dumps({"type": "watch", "vms": [target.vm], "node": True}))
        assert json.loads(socket.recv(timeout=30)) == {"type": "unknown", "vms": [target.vm]}


def test_two_hundred_websockets_keep_nobody_out(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(opened(target, "/ws/status", "vic"))
        assert target.is_well()


HANDSHAKES = {
    "no key": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
    "bad key": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"
    "Sec-WebSocket-Version: 13\r\n",
    "no connection": "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "old version": "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 0\r\n",
}


@pytest.mark.parametrize("how", HANDSHAKES)
@pytest.mark.parametrize("path", ["/ws/status", "/prpc/Version"])
def test_a_broken_handshake_is_refused(target: Target, path: str, how: str) -> None:
    request = f"GET {path} HTTP/1.1\r\n".encode() + target.head("ada") + HANDSHAKES[how].encode()
    [status] = statuses(target.raw(request + b"\r\n"))
    assert 400 <= status < 500


def test_an_upgrade_is_no_way_around_the_login(target: Target) -> None:
    """What follows the handshake in the same packet is no HTTP request."""
    handshake = (
        "GET /ws/status HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = target.raw((handshake + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").encode())
    assert statuses(answer) in ([101], [])
