"""A connection that is fed a byte now and then ends all the same: on a clock that the test turns."""

from __future__ import annotations

from typing import Any

import daphne.server  # noqa: F401 (installs the asyncio reactor, before anything else of Twisted)
import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from vmm_site.connection import BODY_PER_PERIOD, BODY_PERIOD_S, HEAD_S, Connection


class Wire(StringTransport):
    def loseWriteConnection(self) -> None:  # noqa: N802 (Twisted's name)
        pass


class Taken:
    """Stands for a request: only the connection is under test."""

    def __init__(self, channel: Any, *_: Any) -> None:
        from twisted.web.http_headers import Headers

        self.requestHeaders = Headers()
        self.responseHeaders = Headers()
        self.body = 0

    def parseCookies(self) -> None:  # noqa: N802
        pass

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        pass

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.body += len(data)

    def requestReceived(self, *_: bytes) -> None:  # noqa: N802
        pass

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connection(clock: Clock) -> Any:
    made = Connection()
    made.callLater = clock.callLater
    made.timeOut = 60
    made.requestFactory = Taken
    made.makeConnection(Wire())  # type: ignore[no-untyped-call]
    return made


def said(connection: Any) -> bytes:
    answer: bytes = connection.transport.value()
    return answer


def test_headers_in_crumbs_are_given_up(connection: Any, clock: Clock) -> None:
    connection.dataReceived(b"GET / HTTP/1.1\r\nX-A: ")
    for _ in range(int(HEAD_S) - 1):
        clock.advance(1)
        connection.dataReceived(b"a")
    assert said(connection) == b""
    clock.advance(1)
    assert said(connection).startswith(b"HTTP/1.1 408 ")
    assert not connection.transport.disconnecting
    clock.advance(60)
    assert connection.transport.disconnected


def test_a_connection_that_says_nothing_is_given_up(connection: Any, clock: Clock) -> None:
    clock.advance(HEAD_S)
    assert said(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_in_crumbs_is_given_up(connection: Any, clock: Clock) -> None:
    connection.dataReceived(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(int(BODY_PERIOD_S)):
        connection.dataReceived(b"a")
        clock.advance(1)
    assert said(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_slowly_but_surely_is_taken(connection: Any, clock: Clock) -> None:
    connection.dataReceived(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(10):
        connection.dataReceived(b"a" * BODY_PER_PERIOD)
        clock.advance(BODY_PERIOD_S)
    assert said(connection) == b""


def test_nothing_is_looked_at_after_a_refusal(connection: Any) -> None:
    connection.dataReceived(b"nonsense\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert said(connection).count(b"HTTP/1.1 400 ") == 1
