"""Every websocket, crossed with everybody and with every way to say who one is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from tests.access.cast import everybody
from tests.access.routes import websocket_paths
from tests.access.table import VM, WEBSOCKETS, Channel, Who
from tests.access.ways import RIGHT, WRONG, Sent
from tests.in_process import InProcess
from vmm_site.asgi import application
from vms.access.throttle import throttle
from vms.database import in_database

pytestmark = pytest.mark.usefixtures("quick_passwords")
LOG_IN, FORBIDDEN, HIDDEN = 4401, 4403, 4404


def test_every_websocket_has_its_row() -> None:
    assert sorted(websocket_paths()) == sorted(WEBSOCKETS)


async def opened(route: str, sent: Sent) -> tuple[WebsocketCommunicator, int | None]:
    """A websocket, and the code that it was closed with at once (None where it was let in)."""
    path = route.replace("<str:vm_id>", VM)
    throttle.forget_all()
    cookies = "; ".join(f"{name}={value}" for name, value in sent.cookies.items())
    headers = [(name.encode(), value.encode()) for name, value in sent.headers.items()]
    headers += [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    headers += [(b"cookie", cookies.encode())] if cookies else []
    socket = WebsocketCommunicator(application, f"/{path}?{sent.query}", headers=headers)
    socket.scope["client"] = ["127.0.0.1", 40_000]
    accepted, _ = await socket.connect(timeout=20)
    assert accepted, path
    if socket.output_queue.empty():
        return socket, None
    message = await socket.output_queue.get()
    if message["type"] == "websocket.close":
        return socket, message["code"]
    socket.output_queue.put_nowait(message)
    return socket, None


async def told(socket: WebsocketCommunicator, channel: Channel) -> str:
    """All that is told until the last answer."""
    frames = ""
    for message in channel.sends:
        await socket.send_to(text_data=json.dumps(message))
        awaited = json.dumps(message["vms"][0])
        while awaited not in frames:
            frames += await socket.receive_from(timeout=20)
    while channel.until not in frames.replace(f',"{VM}"', ""):
        frames += await socket.receive_from(timeout=20)
    return frames


@pytest.fixture
async def people(vmm: InProcess, login_on: Any) -> dict[Who, User]:
    return await in_database(everybody)


@pytest.mark.parametrize("name", RIGHT)
async def test_who_is_told(people: dict[Who, User], name: str) -> None:
    wrong = []
    for who in Who:
        sent = await in_database(RIGHT[name].sent, people[who])
        for path, channels in WEBSOCKETS.items():
            for channel in channels:
                socket, code = await opened(path, sent)
                refused = HIDDEN if channel.of_vm and who is Who.STRANGER else FORBIDDEN
                wanted = None if who in channel.opens.people else refused
                if code != wanted:
                    wrong.append(f"{who} {path}: {code}, not {wanted}")
                    continue
                if code is None:
                    frames = await told(socket, channel)
                    if (channel.told in frames) != (who in channel.tells.people):
                        wrong.append(f"{who} {path}: {channel.told} in {frames[:300]}")
                    await socket.disconnect()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WRONG)
async def test_nobody_else_is_told_anything(people: dict[Who, User], name: str) -> None:
    sent = await in_database(WRONG[name], people[Who.ADMIN])
    codes = {}
    for path in WEBSOCKETS:
        socket, codes[path] = await opened(path, sent)
        if codes[path] is None:
            await socket.disconnect()
    assert codes == dict.fromkeys(WEBSOCKETS, LOG_IN)
