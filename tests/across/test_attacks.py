"""Who is not of the fleet, or no longer allowed: at the node that is asked, and at the one that asks."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.access.people import token_of
from tests.access.team import Person, join
from tests.across.pair import NAME, SECRET, Pair
from tests.live.reader import Reader
from tests.rows import make_node
from vms.choices import Role
from vms.conf import conf
from vms.database import in_database
from vms.fleet import client, tokens
from vms.fleet.tokens import Kind, Who
from vms.models import ApiToken

KEY = tokens.key_of(SECRET)
LOG = b"a secret line\n"


async def sent(
    pair: Pair,
    who: Who,
    target: str,
    *,
    signed_for: str = "",
    key: bytes = KEY,
    audience: str = "",
    now_s: float | None = None,
) -> tuple[httpx.Response, str]:
    """What the other node answers to a node that signs what it is told to; and the token."""
    request = tokens.request_digest("GET", signed_for or target)
    claim = tokens.new_claim("e" * 32, audience or pair.there.identity, request, who, now_s or time.time())
    token = tokens.sign(key, claim)
    return await directly(pair, target, token), token


async def directly(pair: Pair, target: str, token: str) -> httpx.Response:
    async with httpx.AsyncClient() as web:
        return await web.get(pair.there.address + target, headers={tokens.HEADER: token})


def of(who: Person) -> Who:
    return Who(Kind.SESSION, who.user_id)


async def test_a_good_token_is_answered_with_a_proof_once(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    target = f"/logs?id={vm.path.name}"
    answer, token = await sent(pair, of(olga), target)
    assert (answer.status_code, answer.content) == (200, LOG)
    assert len(answer.headers[tokens.PROOF_HEADER]) == 64
    again = await directly(pair, target, token)
    assert again.status_code == 401
    assert "was used before" in again.json()["message"]
    assert tokens.PROOF_HEADER not in again.headers


async def test_one_for_something_else_is_refused(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    target = f"/logs?id={vm.path.name}"
    for options, words in (
        ({"signed_for": f"/logs?id={vm.path.name}&boot=1"}, "another request"),
        ({"audience": "d" * 32}, "meant for the node"),
        ({"key": tokens.key_of("another secret of another fleet!")}, "not signed with this fleet's secret"),
        ({"now_s": time.time() - 300}, "expired"),
        ({"now_s": time.time() + 300}, "in the future"),
    ):
        answer, _ = await sent(pair, of(olga), target, **options)
        assert (answer.status_code, words in answer.json()["message"]) == (401, True), answer.text
        assert tokens.PROOF_HEADER not in answer.headers
    for nonsense in ("", "x", "a.b", "A" * 8000):
        assert (await directly(pair, target, nonsense)).status_code == 401


async def test_a_fleet_s_node_can_do_no_more_than_who_it_asks_for(pair: Pair) -> None:
    vm, viewer = await pair.vm(log=LOG), await join(pair.here, "vera", Role.VIEWER)
    stranger = await join(pair.here, "mallory", Role.MEMBER)
    target = f"/logs?id={vm.path.name}"

    def revoked() -> int:
        token_of(None, Role.ADMIN, revoked_at_ms=1)
        return ApiToken.objects.get(revoked_at_ms=1).pk

    for who, code in (
        (of(viewer), 403),
        (of(stranger), 404),
        (Who(Kind.SESSION, 999_999), 401),
        (Who(Kind.SESSION), 401),
        (Who(Kind.TOKEN, token_id=await in_database(revoked)), 401),
        (Who(Kind.TOKEN), 401),
        (Who(Kind.ANYBODY), 401),
        (Who(Kind.CONFIGURED, stamp="0" * 64), 401),
        (Who(Kind.HTPASSWD, name="root", stamp="0" * 64), 401),
    ):
        answer, _ = await sent(pair, who, target)
        assert answer.status_code == code, (who, answer.text)
        assert LOG not in answer.content
        # Who asks is told by the node that was meant, so it is passed on.
        assert tokens.PROOF_HEADER in answer.headers


async def test_what_is_for_a_third_node_is_not_passed_on_again(pair: Pair) -> None:
    third = await in_database(make_node, "third")
    vm, olga = await pair.vm(log=LOG, node=third), await join(pair.here, "olga", Role.OPERATOR)
    answer, _ = await sent(pair, of(olga), f"/logs?id={vm.path.name}")
    assert (answer.status_code, "two nodes disagree" in answer.json()["message"]) == (503, True)


async def test_without_a_fleet_the_header_is_refused(pair: Pair, settings: Any) -> None:
    olga = await join(pair.here, "olga", Role.OPERATOR)
    alone = conf().fleet.model_copy(update={"secret": ""})
    settings.VMM = conf().model_copy(update={"fleet": alone})
    headers = olga.headers | {tokens.HEADER: "anything"}
    answer = await pair.here.client.get("/prpc/Version", headers=headers)
    assert (answer.status_code, "belongs to no fleet" in answer.json()["message"]) == (401, True)
    client_ = Reader("/ws/status")
    client_.socket.scope["headers"] = [*olga.websocket_headers, (b"x-vmm-fleet", b"anything")]
    assert await client_.socket.connect(timeout=10) == (True, None)
    assert await client_.closed() == 4401
    await client_.leave()


@contextlib.asynccontextmanager
async def impostor(answer: bytes | None) -> AsyncIterator[str]:
    """Somebody at another address who says that, or nothing, to whatever is asked; the URL."""
    talks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await asyncio.Event().wait()
            writer.write(answer or b"")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


FALSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Vmm-Fleet-Proof: " + b"0" * 64 + b"\r\n\r\nfalse"


@pytest.mark.parametrize(
    "said",
    [
        FALSE,
        FALSE.replace(b"X-Vmm-Fleet-Proof", b"X-Other"),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["false proof", "no proof", "redirection", "no HTTP", "nothing"],
)
async def test_who_does_not_prove_to_be_the_node_is_not_believed(pair: Pair, said: bytes) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    async with impostor(said) as address:
        await pair.announce(address=address)
        for path in (
            f"/logs?id={vm.path.name}",
            f"/guest/Info?id={vm.path.name}",
            f"/prpc/GetHost?node={NAME}",
        ):
            answer = await olga.get(path)
            assert (answer.status_code, NAME in answer.json()["message"]) == (503, True), answer.text
            assert b"false" not in answer.content
        socket = Reader(f"/ws/console/{vm.path.name}")
        socket.socket.scope["headers"] = olga.websocket_headers
        assert await socket.socket.connect(timeout=10) == (True, None)
        assert await socket.closed() == 4503
        await socket.leave()


async def test_a_node_that_hangs_holds_nobody_else_up(pair: Pair) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    pair.there.signal(signal.SIGSTOP)
    try:
        waiting = [asyncio.create_task(olga.get(f"/logs?id={vm.path.name}")) for _ in range(8)]
        await asyncio.sleep(0.2)
        # More than there are request threads wait, and yet:
        assert (await olga.get("/prpc/Version")).status_code == 200
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        pair.there.signal(signal.SIGCONT)
    assert (await olga.get(f"/logs?id={vm.path.name}")).content == LOG


async def test_so_many_may_wait_and_no_more(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    vm, olga = await pair.vm(log=LOG), await join(pair.here, "olga", Role.OPERATOR)
    monkeypatch.setattr(client, "calls", client.Turns("requests", 1))
    async with impostor(None) as address:
        await pair.announce(address=address)
        first = asyncio.create_task(olga.get(f"/logs?id={vm.path.name}"))
        await asyncio.sleep(0.5)
        second = await olga.get(f"/logs?id={vm.path.name}")
        assert (second.status_code, "are open already" in second.json()["message"]) == (503, True)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    await pair.announce()
    assert (await olga.get(f"/logs?id={vm.path.name}")).content == LOG
