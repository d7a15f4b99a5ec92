"""A small HTTP/1.1 server for guests: one request a connection, everything about it bounded.

h11 knows HTTP; this knows how long, how large and how many. Guests are told apart by their
vsock context id (CID), which the kernel tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11
import orjson

from vms.guest.allowance import Allowances
from vms.guest.sockets import Sockets

REQUEST_S = 10.0
"""A request must be complete by then; an answer must be taken by then, too."""
MAX_HEAD = 8 << 10
LINGER_S = 1.0
PIECE = 4096
LINGER_PIECE = 64 << 10
MAX_PARTS = 1024
"""Pieces that a body may come in: each costs time, however small it is."""
REFUSED_PAUSE_S = 0.001
SMALL_BODY = 64 << 10
LARGE_AT_ONCE = 8
"""Bodies that are larger than small may be under way at a time, from all guests together."""
LISTEN_AGAIN_S = 30.0
JSON = "application/json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What the guest with that CID asked."""

    cid: int
    method: str
    path: str
    query: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    content_type: str
    body: bytes


class _Refused(Exception):
    """The request is answered with that status before anybody looks at it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GuestServer:
    """Listens at ``cid`` and ``port`` and answers with what ``handle`` returns.

    ``handle`` must not raise, and sets its own bound to how long it takes. ``body_limit`` says
    how many bytes a body may have, by the request's path.
    """

    def __init__(
        self,
        sockets: Sockets,
        cid: int,
        port: int,
        handle: Callable[[Request], Awaitable[Response]],
        body_limit: Callable[[str], int],
    ) -> None:
        self._sockets = sockets
        self._where = (cid, port)
        self._handle = handle
        self._body_limit = body_limit
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._allowances = Allowances(asyncio.get_running_loop().time)
        self._talks: set[asyncio.Task[None]] = set()
        self.is_listening = False

    async def run(self) -> None:
        """Serve until cancelled; where nothing can be listened on, try again and say so once."""
        told = ""
        while True:
            try:
                listening = self._sockets.listen(*self._where)
            except OSError as error:
                if str(error) != told:
                    told = str(error)
                    _log.error(
                        "guests can't reach the host API: vsock CID %d port %d: %s", *self._where, error
                    )
                await asyncio.sleep(LISTEN_AGAIN_S)
                continue
            self.is_listening = True
            try:
                await self._accept_all(listening)
            finally:
                self.is_listening = False
                listening.close()
                for talk in self._talks:
                    talk.cancel()
                await asyncio.gather(*self._talks, return_exceptions=True)

    async def _accept_all(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                _log.warning("a guest's connection could not be accepted: %s", error)
                await asyncio.sleep(0.2)
                continue
            # What waits is accepted without a turn of the loop: a flood must not own it.
            await asyncio.sleep(0 if self._begin(connection) else REFUSED_PAUSE_S)

    def _begin(self, connection: socket.socket) -> bool:
        """Whether the connection is served, and not closed at once."""
        try:
            cid = self._sockets.peer_cid(connection)
        except OSError:
            connection.close()
            return False
        if not self._allowances.enter(cid):
            connection.close()
            return False
        talk = asyncio.create_task(self._talk(connection, cid), name=f"host API for CID {cid}")
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        return True

    async def _talk(self, connection: socket.socket, cid: int) -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError):
                await self._answer(connection, cid)
                await _linger(connection)
        finally:
            self._allowances.leave(cid)
            connection.close()

    async def _answer(self, connection: socket.socket, cid: int) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        async with contextlib.AsyncExitStack() as held:
            try:
                # Not even read then: what a guest sends costs time.
                if not self._allowances.spend(cid):
                    raise _Refused(429, "too many requests; come again in a second")
                async with asyncio.timeout(REQUEST_S):
                    request = await self._read(http, connection, cid, held)
                response = await self._handle(request)
            except _Refused as refusal:
                response = _refusal(refusal.status, str(refusal))
            except h11.RemoteProtocolError as error:
                response = _refusal(error.error_status_hint, f"no HTTP request that is understood: {error}")
            except TimeoutError:
                response = _refusal(408, f"the request was not complete within {REQUEST_S:g} s")
        async with asyncio.timeout(REQUEST_S):
            await _send(http, connection, response)

    async def _read(
        self, http: h11.Connection, connection: socket.socket, cid: int, held: contextlib.AsyncExitStack
    ) -> Request:
        """The whole request. Raises _Refused, h11.RemoteProtocolError, OSError where the guest hung up."""
        head = await _next(http, connection)
        if not isinstance(head, h11.Request):
            raise ConnectionError("the guest hung up")
        path, _, query = head.target.decode("ascii", "replace").partition("?")
        limit = self._body_limit(path)
        if http.they_are_waiting_for_100_continue:
            going_on = http.send(h11.InformationalResponse(status_code=100, headers=[]))
            await asyncio.get_running_loop().sock_sendall(connection, going_on or b"")
        body, parts = bytearray(), 0
        while isinstance(part := await _next(http, connection), h11.Data):
            body += part.data
            parts += 1
            if parts > MAX_PARTS:
                raise _Refused(400, f"the request's body comes in more than {MAX_PARTS} pieces")
            if len(body) > limit:
                raise _Refused(413, f"the request's body is larger than {limit} bytes")
            if len(body) - len(part.data) <= SMALL_BODY < len(body):
                await self._take_large(held)
        kind = dict(head.headers).get(b"content-type", b"").partition(b";")[0].strip().lower()
        return Request(cid, head.method.decode(), path, query, kind.decode("ascii", "replace"), bytes(body))

    async def _take_large(self, held: contextlib.AsyncExitStack) -> None:
        if self._large.locked():
            raise _Refused(503, "other guests send large requests already; come again")
        await held.enter_async_context(self._large)


async def _next(http: h11.Connection, connection: socket.socket) -> object:
    """h11's next event; reads small pieces, for what a guest makes of one holds the loop up only briefly."""
    while (event := http.next_event()) is h11.NEED_DATA:
        data = await asyncio.get_running_loop().sock_recv(connection, PIECE)
        http.receive_data(data)
        await asyncio.sleep(0)
    return event


async def _send(http: h11.Connection, connection: socket.socket, response: Response) -> None:
    if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    headers = [
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        ("Connection", "close"),
    ]
    head = http.send(h11.Response(status_code=response.status, headers=headers))
    body = http.send(h11.Data(response.body))
    end = http.send(h11.EndOfMessage())
    await asyncio.get_running_loop().sock_sendall(connection, (head or b"") + (body or b"") + (end or b""))


async def _linger(connection: socket.socket) -> None:
    """Let the guest read its answer: closed with something unread, a connection is reset, the answer lost."""
    connection.shutdown(socket.SHUT_WR)
    async with asyncio.timeout(LINGER_S):
        while True:
            if not await asyncio.get_running_loop().sock_recv(connection, LINGER_PIECE):
                return
            await asyncio.sleep(0)


def _refusal(status: int, message: str) -> Response:
    return Response(status, JSON, orjson.dumps({"error": message, "code": status, "message": message}))
