"""Consoles and logs: ids that lead elsewhere, frames that are no keystrokes, and people who may not."""

from __future__ import annotations

import contextlib
import json
import secrets

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.attacks.target import Target
from tests.attacks.test_sockets import opened

KINDS = ["console", "logs"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who, code", [("olga", None), ("mia", None), ("vic", 4403), ("max", 4404)])
def test_only_who_may_steer_the_vm_is_told(target: Target, kind: str, who: str, code: int | None) -> None:
    with opened(target, f"/ws/{kind}/{target.vm}", who) as socket:
        if code is None:
            assert json.loads(socket.recv(timeout=30))["type"] == "hello"
            return
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
        assert socket.close_code == code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "vm_id", ["none", "..", "%2e%2e", "..%2f..%2fetc", "a%00b", "%ff", "x" * 3000, "%0a", "~", "a%20b"]
)
def test_an_id_that_no_vm_has_leads_nowhere(target: Target, kind: str, vm_id: str) -> None:
    with (
        contextlib.suppress(InvalidStatus),
        opened(target, f"/ws/{kind}/{vm_id.replace(' ', '%20')}") as socket,
    ):
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
        assert socket.close_code == 4404


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_ten_megabytes_ends_the_connection(target: Target, kind: str) -> None:
    with opened(target, f"/ws/{kind}/{target.vm}") as socket:
        with contextlib.suppress(ConnectionClosed):
            socket.send(b"x" * (10 << 20))
            while True:
                socket.recv(timeout=30)
        assert socket.close_code == 1009


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options", ["boot=-1", "boot=9e9&position=x", "position=" + "9" * 4000, "ch=../x&%00", "&&=&"]
)
def test_options_that_are_none_end_nothing(target: Target, kind: str, options: str) -> None:
    with opened(target, f"/ws/{kind}/{target.vm}?{options}") as socket:
        socket.send('{"type": "ping"}')
        while json.loads(socket.recv(timeout=30))["type"] != "pong":
            pass


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_of_garbage_earns_no_flood(target: Target, kind: str) -> None:
    with opened(target, f"/ws/{kind}/{target.vm}") as socket:
        for number in range(3000):
            socket.send(
                secrets.token_bytes(50) if number % 2 else '{"type": "read", "before": [], "x": "\\u0000"}'
            )
        socket.send('{"type": "ping"}')
        refused = 0
        while (message := json.loads(socket.recv(timeout=60)))["type"] != "pong":
            refused += message["type"] == "refused"
        assert 1 <= refused < 200
