"""The site's request handler: one hop, nothing that waits in it, nothing left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.core import signals
from django.test import override_settings

from tests.site import urls
from vmm_site import handler
from vmm_site.handler import OneHopASGIHandler

LIMIT = 100_000


@pytest.fixture(autouse=True)
def _own_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads that no other test has left a database connection in, which these tests must not touch."""
    with ThreadPoolExecutor(handler.REQUEST_THREADS, thread_name_prefix="request") as pool:
        monkeypatch.setattr(handler, "pool", pool)
        yield


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    urls.threads.clear()
    urls.arrived.clear()
    urls.waiting.clear()
    for name in ("all", "begun", "go on", "settled"):
        urls.waiting[name] = asyncio.Event()
    with override_settings(
        ROOT_URLCONF="tests.site.urls",
        MIDDLEWARE=["tests.site.urls.noting_middleware"],
        DATA_UPLOAD_MAX_MEMORY_SIZE=LIMIT,
        FILE_UPLOAD_MAX_MEMORY_SIZE=LIMIT,
        ALLOWED_HOSTS=["*"],
        DEBUG=False,
    ):
        yield


@pytest.fixture
def app() -> OneHopASGIHandler:
    return OneHopASGIHandler()


@pytest.fixture
def client(app: OneHopASGIHandler) -> httpx.AsyncClient:
    # httpx's and Django's types for the same protocol don't agree.
    asgi: Any = app
    transport = httpx.ASGITransport(asgi, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that was given to the pool."""
    given: list[Any] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            given.append(fn)
            return super().submit(fn, *args, **kwargs)

    pool = Counting(handler.REQUEST_THREADS)
    monkeypatch.setattr(handler, "pool", pool)
    return given


class Wire:
    """The server's end of one ASGI connection, driven by hand."""

    def __init__(self, path: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"test"), *headers],
        }
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[Mapping[str, Any]] = []

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    def give(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.incoming.put_nowait(message)

    async def run(self, app: OneHopASGIHandler) -> None:
        await app(self.scope, self.incoming.get, self.send)


BODY = {"type": "http.request", "body": b""}
GONE = {"type": "http.disconnect"}


async def test_a_request_takes_one_hop(client: httpx.AsyncClient, hops: list[Any]) -> None:
    def started(**kwargs: Any) -> None:
        urls.noted("started")

    def finished(**kwargs: Any) -> None:
        urls.noted("finished")

    signals.request_started.connect(started)
    signals.request_finished.connect(finished)
    try:
        response = await client.get("/plain")
    finally:
        signals.request_started.disconnect(started)
        signals.request_finished.disconnect(finished)
    assert response.content == b"plain"
    assert [what for what, _ in urls.threads] == [
        "started",
        "middleware in",
        "view",
        "middleware out",
        "close",
        "finished",
    ]
    assert len({thread for _, thread in urls.threads}) == 1
    assert urls.threads[0][1] != threading.get_ident()
    assert len(hops) == 1


async def test_method_query_and_body_arrive(client: httpx.AsyncClient) -> None:
    response = await client.put("/echo?q=a%20b", content=b"x" * 70_000)
    assert response.headers["content-length"] == str(len(response.content))
    assert response.json() == {"size": 70_000, "method": "PUT", "q": "a b"}


async def test_a_body_in_parts_is_put_together(app: OneHopASGIHandler) -> None:
    wire = Wire("/echo")
    wire.give(*[BODY | {"body": b"x" * 30_000, "more_body": True}] * 3, BODY)
    await wire.run(app)
    assert b'"size": 90000' in wire.sent[1]["body"]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(app: OneHopASGIHandler, announced: bool) -> None:
    wire = Wire("/echo", ((b"content-length", b"100001"),) if announced else ())
    wire.give(*[BODY | {"body": b"x" * 30_000, "more_body": True}] * 4)
    await wire.run(app)
    assert wire.sent[0]["status"] == 413
    assert wire.sent[1]["body"].startswith(b'{"code": 413, "message": ')
    assert urls.threads == []


async def test_a_client_that_leaves_while_sending_is_not_served(app: OneHopASGIHandler) -> None:
    wire = Wire("/echo")
    wire.give(BODY | {"body": b"x", "more_body": True}, GONE)
    await wire.run(app)
    assert wire.sent == []
    assert urls.threads == []


async def test_a_bug_in_a_view_is_djangos_500(client: httpx.AsyncClient) -> None:
    assert (await client.get("/breaks")).status_code == 500


async def test_fifty_requests_settle_at_the_same_time_on_two_threads(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        responses = await asyncio.gather(*(client.get("/settles") for _ in range(50)))
    assert {(r.status_code, r.content, r.headers["content-length"]) for r in responses} == {
        (201, b"settled", "7")
    }


async def test_a_bug_while_settling_is_a_500(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = await client.get("/settles-badly")
    assert response.status_code == 500
    assert response.json()["code"] == 500
    assert "a bug" not in response.text
    assert "could not settle" in caplog.text


async def test_settling_goes_on_when_the_client_leaves(app: OneHopASGIHandler) -> None:
    wire = Wire("/settles-slowly")
    wire.give(BODY)
    request = asyncio.create_task(wire.run(app))
    await urls.waiting["begun"].wait()
    # This is what the server does some seconds after a client has left.
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    urls.waiting["go on"].set()
    async with asyncio.timeout(5):
        await urls.waiting["settled"].wait()
        while app._settling:
            await asyncio.gather(*app._settling)
    assert urls.arrived == ["begun", "settled"]
    assert wire.sent == []


async def test_settling_begins_though_the_client_left_before_the_view_was_through(
    app: OneHopASGIHandler, hops: list[Any]
) -> None:
    wire = Wire("/settles-slowly")
    wire.give(BODY)
    request = asyncio.create_task(wire.run(app))
    async with asyncio.timeout(5):
        while not hops:  # noqa: ASYNC110 (a thread is not an event)
            await asyncio.sleep(0)
        request.cancel()
        await urls.waiting["begun"].wait()
        urls.waiting["go on"].set()
        await urls.waiting["settled"].wait()
    assert request.cancelled()
    assert wire.sent == []


async def test_a_stream_ends_when_the_client_leaves(app: OneHopASGIHandler, hops: list[Any]) -> None:
    wire = Wire("/streams")
    wire.give(BODY)
    request = asyncio.create_task(wire.run(app))
    await urls.waiting["begun"].wait()
    assert len(hops) == 1
    wire.give(GONE)
    async with asyncio.timeout(5):
        await request
    assert [message.get("body") for message in wire.sent] == [None, b"first\n"]
    assert urls.arrived == ["stream ended", "closed"]


async def test_a_stream_ends_when_the_server_ends(app: OneHopASGIHandler) -> None:
    wire = Wire("/streams")
    wire.give(BODY)
    request = asyncio.create_task(wire.run(app))
    await urls.waiting["begun"].wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert urls.arrived == ["stream ended", "closed"]


async def test_many_streams_hold_no_thread(app: OneHopASGIHandler, client: httpx.AsyncClient) -> None:
    wires = [Wire("/streams") for _ in range(20)]
    requests = []
    for wire in wires:
        wire.give(BODY)
        requests.append(asyncio.create_task(wire.run(app)))
    async with asyncio.timeout(5):
        await urls.waiting["begun"].wait()
        assert (await client.get("/plain")).status_code == 200
        for wire in wires:
            wire.give(GONE)
        await asyncio.gather(*requests)
    assert urls.arrived.count("closed") == 20


async def test_a_file_is_read_in_few_hops(client: httpx.AsyncClient, hops: list[Any]) -> None:
    response = await client.get("/file")
    assert len(response.content) == 40 * 65536
    # One with the view, two to read on, one that finds the end, one to close.
    assert len(hops) <= 5
    assert threading.get_ident() not in {thread for _, thread in urls.threads}


async def test_asynchronous_views_are_served_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/asynchronous")).content == b"asynchronous"
