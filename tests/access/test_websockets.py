"""Websockets: the same credentials as for HTTP, and a close code that a browser can read."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD, person, token_of, with_login
from tests.in_process import InProcess
from vmm_site.asgi import application
from vms.access.throttle import ADDRESS_FREE
from vms.access.websocket import LOG_IN
from vms.choices import Role
from vms.conf import conf
from vms.database import in_database
from vms.models import ApiToken

HOST = (b"host", b"localhost:12000")


@pytest.fixture
async def closed(vmm: InProcess, settings: Any) -> InProcess:
    """A server on which authentication is on."""
    settings.VMM = with_login(enabled=True)
    return vmm


def socket(path: str = "/ws/status", **headers: str) -> WebsocketCommunicator:
    sent = [HOST, *((name.encode(), value.encode()) for name, value in headers.items())]
    opened = WebsocketCommunicator(application, path, headers=sent)
    opened.scope["client"] = ["192.0.2.1", 40_000]
    return opened


async def told(opened: WebsocketCommunicator) -> str:
    """The type of the first frame; the close code where there is none."""
    accepted, _ = await opened.connect(timeout=10)
    assert accepted
    message = await opened.receive_output(timeout=10)
    if message["type"] == "websocket.close":
        return str(message["code"])
    await opened.disconnect()
    return str(json.loads(message["text"])["type"])


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


async def test_every_credential_opens_it(closed: InProcess, settings: Any) -> None:
    user = await in_database(person, "ada", Role.VIEWER)
    secret = await in_database(token_of, user)
    session = await in_database(_session_of, user)
    assert await told(socket(authorization=f"Bearer {secret}")) == "snapshot"
    assert await told(socket(**{"x-admin-token": secret})) == "snapshot"
    assert await told(socket(authorization=basic("ada", PASSWORD))) == "snapshot"
    assert await told(socket(f"/ws/status?token={secret}")) == "snapshot"
    assert await told(socket(cookie=f"a=b; sessionid={session}")) == "snapshot"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic"},
        {"authorization": basic("ada", "wrong")},
        {"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
        {"cookie": "=;sessionid"},
        {"cookie": 'sessionid="\\"'},
    ],
    ids=str,
)
async def test_without_a_right_one_it_says_log_in(closed: InProcess, headers: dict[str, str]) -> None:
    await in_database(person, "ada")
    assert await told(socket(**headers)) == str(LOG_IN)


async def test_after_many_wrong_ones_it_says_wait(closed: InProcess) -> None:
    for _ in range(ADDRESS_FREE):
        assert await told(socket(authorization="Bearer wrong")) == "4401"
    assert await told(socket(authorization="Bearer wrong")) == "4429"


async def test_a_path_where_nobody_listens_tells_strangers_nothing(closed: InProcess) -> None:
    assert await told(socket("/ws/nothing")) == "4401"


async def test_it_can_be_asked_again_who_it_is(closed: InProcess, settings: Any) -> None:
    """What an open websocket is checked by: changes are seen, and what is over is refused."""
    from vms.access import websocket
    from vms.errors import Unauthorized

    user = await in_database(person, "ada", Role.VIEWER)
    secret = await in_database(token_of, user)
    session = await in_database(_session_of, user)
    asked: dict[str, Any] = {}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        asked[scope["name"]] = scope["identify"]

    ways = {
        "token": (b"authorization", f"Bearer {secret}".encode()),
        "password": (b"authorization", basic("ada", PASSWORD).encode()),
        "session": (b"cookie", f"sessionid={session}".encode()),
    }
    for name, header in ways.items():
        scope = {
            "type": "websocket",
            "name": name,
            "path": "/ws/status",
            "headers": [header],
            "client": ["192.0.2.1", 1],
        }
        await websocket.KnownOnly(inner)(scope, None, None)
    assert set(asked) == set(ways)
    for again in asked.values():
        assert (await in_database(again)).role == Role.VIEWER

    def promote() -> None:
        account = user.account
        account.role = Role.ADMIN
        account.save()

    await in_database(promote)
    for again in asked.values():
        assert (await in_database(again)).role == Role.ADMIN

    await in_database(_change_password, user)
    for name in ("password", "session"):
        with pytest.raises(Unauthorized):
            await in_database(asked[name])
    await in_database(lambda: ApiToken.objects.get().delete())
    with pytest.raises(Unauthorized):
        await in_database(asked["token"])


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _change_password(user: User) -> None:
    user.set_password("another one entirely")
    user.save()


# HTTP through the whole application: passwords wait for their turn on the event loop.


async def test_a_password_is_checked_before_a_request_thread_is_taken(closed: InProcess) -> None:
    import threading

    from vms.access import passwords

    await in_database(person, "ada", Role.VIEWER)
    seen: list[str] = []
    real = passwords.holder

    def watched(name: str, password: str) -> Any:
        seen.append(threading.current_thread().name)
        return real(name, password)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "holder", watched)
        for password, status in [(PASSWORD, 200), ("wrong", 401), (PASSWORD, 200)]:
            answer = await closed.client.get(
                "/prpc/Version", headers={"Authorization": basic("ada", password)}
            )
            assert answer.status_code == status
    assert len(seen) == 2
    assert all(name.startswith("password") for name in seen)


async def test_a_flood_of_passwords_is_turned_away_while_others_are_served(closed: InProcess) -> None:
    import asyncio
    from threading import Event

    from vms.access import passwords

    secret = await in_database(token_of, None, Role.ADMIN)
    go_on = Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "holder", lambda name, password: go_on.wait(30) and None)
        flood = [
            asyncio.create_task(
                closed.client.get("/prpc/Version", headers={"Authorization": basic(f"user{n}", "x")})
            )
            for n in range(passwords.MAX_WAITING + 4)
        ]
        try:
            served = await closed.client.get("/prpc/Version", headers={"Authorization": f"Bearer {secret}"})
            assert served.status_code == 200
        finally:
            go_on.set()
        statuses = sorted([(await answer).status_code for answer in flood])
    assert statuses == [401] * passwords.MAX_WAITING + [429] * 4


async def test_tokens_are_seen_to_be_used(closed: InProcess) -> None:
    from vms.access.last_used import last_used

    secret = await in_database(token_of, None, Role.ADMIN)
    await closed.client.get("/prpc/Version", headers={"X-Admin-Token": secret})
    token = await in_database(ApiToken.objects.get)
    assert token.last_used_at_ms is None
    await in_database(last_used.write_down)
    token = await in_database(ApiToken.objects.get)
    assert token.last_used_at_ms is not None
    assert token.last_used_from == "127.0.0.1"
    assert conf().auth.enabled
