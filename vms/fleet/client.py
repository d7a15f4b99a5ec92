"""Speaking to another node: over HTTP and by websocket, bounded, and only once it has proved who it is."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from vms.errors import Unavailable
from vms.fleet.tokens import PROOF_HEADER
from vms.said import cause_of, one_line

CONNECT_S = 2.0
FIRST_BYTE_S = 10.0
"""From the request to the beginning of its answer, where nobody says otherwise."""
REASON_S = 2.0
MAX_FRAME = 4 << 20
"""Bytes of a message from another node; the largest that there is, a piece of a log, has one quarter."""
MAX_REFUSAL = 4 << 10
PING_S = 10.0
MAX_CALLS = 128
MAX_SOCKETS = 512

# A peer that vanished without a word is noticed by the kernel after about half a minute.
_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


@dataclass(frozen=True)
class Peer:
    """Who is spoken to: in words for people, by URL, and what it must prove itself with.

    ``verify`` and ``ca_file`` say which certificates count where the URL is https.
    """

    said: str
    address: str
    proof: str
    verify: bool = True
    ca_file: Path | None = None

    def failed(self, what: str) -> Unavailable:
        return Unavailable(f"{self.said} {what}; its VMs are not touched by that")


class Turns:
    """So many at once: a node that hangs must not make those who wait for it pile up."""

    def __init__(self, what: str, most: int) -> None:
        self._what, self._most, self._taken = what, most, 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Raises Unavailable where there is no turn left."""
        if self._taken >= self._most:
            raise Unavailable(f"{self._most} {self._what} to other nodes are open already; try again later")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


calls = Turns("requests", MAX_CALLS)
sockets = Turns("websockets", MAX_SOCKETS)


@contextlib.asynccontextmanager
async def asked(
    peer: Peer,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    first_byte_s: float = FIRST_BYTE_S,
) -> AsyncIterator[httpx.Response]:
    """The answer of a node that has proved itself; its content is read in the block.

    Raises:
        Unavailable: it can't be reached, takes too long, refuses this node, or is another one.
    """
    with calls.one():
        # Reading a system's authorities takes tens of milliseconds.
        trust = await asyncio.to_thread(_trust, peer)
        transport = httpx.AsyncHTTPTransport(verify=trust or False, socket_options=_ALIVE)
        # No bound on reading: who follows a log may hear nothing for hours. Its end is noticed, see _ALIVE.
        bounds = httpx.Timeout(10.0, connect=CONNECT_S, read=None)
        async with httpx.AsyncClient(
            transport=transport, timeout=bounds, trust_env=False, follow_redirects=False
        ) as client:
            sent = {**headers, "Accept-Encoding": "identity", "Connection": "close"}
            request = client.build_request(
                method, peer.address.rstrip("/") + target, headers=sent, content=body
            )
            try:
                async with asyncio.timeout(first_byte_s):
                    answer = await client.send(request, stream=True)
            except TimeoutError:
                raise peer.failed(f"did not answer within {first_byte_s:g} s") from None
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                raise peer.failed(f"can't be reached: {cause_of(error)}") from error
            try:
                await _demand_proof(peer, answer)
                yield answer
            finally:
                await answer.aclose()


async def _demand_proof(peer: Peer, answer: httpx.Response) -> None:
    if hmac.compare_digest(answer.headers.get(PROOF_HEADER, "").encode(), peer.proof.encode()):
        return
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise peer.failed("does not prove that it is that node")
    text = b""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(REASON_S):
            async for part in answer.aiter_raw():
                text += part
                if len(text) > MAX_REFUSAL:
                    break
    raise peer.failed(f"does not prove that it is that node: it answers {answer.status_code}{_message(text)}")


def _message(text: bytes) -> str:
    """What an error says, with a colon before it. Whoever says it is not known: one bounded line."""
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ""
    said = answer.get("message") if isinstance(answer, dict) else None
    return f": {one_line(said)}" if isinstance(said, str) else ""


@contextlib.asynccontextmanager
async def opened(peer: Peer, target: str, *, headers: Mapping[str, str]) -> AsyncIterator[ClientConnection]:
    """A websocket of a node that has proved itself, closed at the end.

    Raises:
        Unavailable: it can't be reached, takes too long, refuses this node, or is another one.
    """
    with sockets.one():
        try:
            connection = await _open(peer, target, headers)
        except TimeoutError:
            raise peer.failed("did not answer in time") from None
        except (WebSocketException, OSError, ValueError) as error:
            raise peer.failed(f"can't be reached: {cause_of(error)}") from error
        try:
            given = connection.response.headers.get(PROOF_HEADER, "") if connection.response else ""
            if not hmac.compare_digest(given.encode(), peer.proof.encode()):
                raise peer.failed(f"does not prove that it is that node{await _reason(connection)}")
            yield connection
        finally:
            await connection.close()


async def _open(peer: Peer, target: str, headers: Mapping[str, str]) -> ClientConnection:
    parts = urlsplit(peer.address)
    secure = parts.scheme == "https"
    trust = await asyncio.to_thread(_trust, peer)
    port = parts.port or (443 if secure else 80)
    connected = await _connected(parts.hostname or "", port)
    options: dict[str, Any] = {"ssl": trust, "server_hostname": parts.hostname} if secure else {}
    try:
        # With a socket that is given it follows no redirect: a token is for one address.
        return await connect(
            f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}{target}",
            sock=connected,
            additional_headers=dict(headers),
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=FIRST_BYTE_S,
            close_timeout=1,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            max_size=MAX_FRAME,
            max_queue=4,
            **options,
        )
    except BaseException:
        connected.close()
        raise


async def _connected(host: str, port: int) -> socket.socket:
    """A connection to the first of that host's addresses that takes one. Raises OSError."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(f"{host} has no address")
    async with asyncio.timeout(CONNECT_S):
        for family, kind, protocol, _, where in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)
            try:
                await loop.sock_connect(made, where)
                for option in _ALIVE:
                    made.setsockopt(*option)
                return made
            except OSError as error:
                failure = error
                made.close()
            except BaseException:
                made.close()
                raise
    raise failure


async def _reason(connection: ClientConnection) -> str:
    """Why a node closes what it had to accept in order to say so; with a colon before it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REASON_S):
            try:
                await connection.recv()
            except ConnectionClosed as closed:
                reason = closed.rcvd.reason if closed.rcvd else ""
                return f": {one_line(reason)}" if reason else ""
    return ""


def _trust(peer: Peer) -> ssl.SSLContext | None:
    """Which certificates count; None where none is looked at, because there is no TLS."""
    if urlsplit(peer.address).scheme != "https":
        return None
    try:
        return _context(peer.verify, peer.ca_file)
    except (OSError, ValueError) as error:
        raise peer.failed(f"can't be verified: [fleet] ca_file {peer.ca_file}: {error}") from error


@lru_cache(maxsize=4)
def _context(verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    if not verify and ca_file is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
