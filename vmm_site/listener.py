"""Daphne, with what it lacks for a server that must end well and never fill its memory.

- a port that is taken is an error, not an exit with code 0;
- a request's body is bounded while it arrives, not once it is on the disk;
- ``send`` waits while a client doesn't read: without that, what a slow client has
  not taken piles up here;
- requests can be drained and websockets closed before the loop ends.
"""

from __future__ import annotations

# Installs the asyncio reactor, so it has to come before anything else of Twisted.
import daphne.server  # isort: skip

import asyncio
import errno
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import endpoints as twisted_endpoints
from twisted.internet import reactor as twisted_reactor
from twisted.internet.error import CannotListenError
from twisted.logger import STDLibLogObserver, globalLogBeginner

from vmm_site.connection import Connection
from vmm_site.endpoints import Endpoint, NotListening, Tcp, Unix
from vmm_site.request import Request, Tap

# Twisted puts the real reactor in this module's place; its types don't know.
reactor: Any = twisted_reactor
server_from_string: Callable[[Any, str], Any] = twisted_endpoints.serverFromString

GOING_AWAY = 1001
"""Close code of websockets when the server ends (RFC 6455, 7.4.1)."""
MAX_WEBSOCKET_MESSAGE = 64 * 1024
"""Bytes of a message from a client."""
PING_INTERVAL_S = 20
PING_TIMEOUT_S = 30
_TICK_S = 0.02


class Socket(WebSocketProtocol):
    """A websocket that knows whether its client still takes what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.tap = Tap()

    def onOpen(self) -> None:  # noqa: N802
        # Until now the connection reported to the HTTP channel it grew out of.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.tap, True)
        super().onOpen()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Daphne's, with what it leaves out: headers of a handshake's answer, and why a socket ends."""
        kind = message["type"]
        if kind == "websocket.accept" and message.get("headers"):
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.serverAccept((message.get("subprotocol"), headers))
        elif kind == "websocket.close" and message.get("reason") and self.state == self.STATE_OPEN:
            self.sendClose(code=message.get("code", 1000), reason=message["reason"])
        else:
            super().handle_reply(message)

    def serverSend(self, content: Any, binary: bool = False) -> None:  # noqa: N802
        # An application hears of the end later than it comes: what it says meanwhile is for nobody.
        if self.state not in (self.STATE_CLOSING, self.STATE_CLOSED):
            super().serverSend(content, binary)

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802
        # Autobahn holds what is sent to the bound of what is received; snapshots and logs are larger.
        bound, self.maxMessagePayloadSize = MAX_WEBSOCKET_MESSAGE, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = bound

    def onClose(self, was_clean: bool, code: int, reason: str) -> None:  # noqa: N802
        # Daphne forgets that some connections end before their handshake has succeeded.
        if hasattr(self, "server"):
            super().onClose(was_clean, code, reason)


class Sockets(WebSocketFactory):
    protocol = Socket


class Channels(HTTPFactory):
    """Makes HTTP connections; those that have seen a request are remembered, to be closed at the end.

    While the server is ``ending`` each of them gets the answer that it waits for, and is closed then.
    """

    protocol = Connection

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.open: weakref.WeakSet[Any] = weakref.WeakSet()

        self.ending = False

    def log(self, request: Any) -> None:
        """No line for each request: what matters is in the audit log, how much in the metrics."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


class Server(daphne.server.Server):
    """Listens, passes requests to the ASGI application, and can be wound down step by step."""

    def __init__(self, application: Any, *, max_body_size: int) -> None:
        super().__init__(
            application,
            endpoints=["given to listen()"],
            signal_handlers=False,
            http_timeout=None,
            websocket_timeout=-1,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            websocket_max_message_size=MAX_WEBSOCKET_MESSAGE,
            websocket_max_frame_size=MAX_WEBSOCKET_MESSAGE,
            application_close_timeout=5,
            server_name="dstack-vmm",
        )
        self.max_body_size = max_body_size
        self.listeners: list[Any] = []
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = Channels(self)
        self.ws_factory = Sockets(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            failByDrop=False,  # but with a close code, which says what was wrong
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
        )

    def listen(self, endpoint: Endpoint) -> Endpoint:
        """Start to listen; connections are served once the loop runs.

        Returns:
            What is listened on, with its port.

        Raises:
            NotListening: the address is in use, or not this host's, or forbidden.
        """
        outcome: list[Any] = []
        if isinstance(endpoint, Unix):
            endpoint.path.parent.mkdir(parents=True, exist_ok=True)
        # Both kinds of endpoint bind at once, so the outcome is known right here.
        deferred = server_from_string(reactor, endpoint.description).listen(self.http_factory)
        deferred.addBoth(outcome.append)
        port = outcome[0]
        if hasattr(port, "getErrorMessage"):
            error = port.value
            cause = error.socketError if isinstance(error, CannotListenError) else error
            raise NotListening(
                endpoint, getattr(cause, "strerror", None) or str(cause), in_use=_is_in_use(cause)
            )
        self.listeners.append(port)
        return Tcp(endpoint.host, port.getHost().port) if isinstance(endpoint, Tcp) else endpoint

    def run(self, when_running: Callable[[], object]) -> None:
        """Serve until the reactor is stopped. Call ``listen`` before."""
        observer: Any = STDLibLogObserver("twisted")
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)
        asyncio.set_event_loop(self.loop)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.callWhenRunning(when_running)
        reactor.run(installSignalHandlers=False)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        return loop

    def leave_loop(self) -> None:
        if reactor.running:
            reactor.stop()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Hand a message to the client, and come back when the client has room for the next."""
        await super().handle_reply(protocol, message)
        tap: Tap | None = None
        if message["type"] == "websocket.send":
            tap = protocol.tap
        elif message.get("more_body") and self._is_open(protocol):
            tap = protocol.feel()
        if tap is not None:
            await tap.opened()

    async def stop_listening(self) -> None:
        self.http_factory.ending = True
        listeners, self.listeners = self.listeners, []
        for port in listeners:
            await _as_future(port.stopListening(), self.loop)

    async def drain(self, bound_s: float, streams_s: float) -> int:
        """Wait for answers: ``bound_s`` for those not begun, ``streams_s`` for the rest of the others.

        Returns:
            How many were still open, and were cut off.
        """
        await self._until(lambda: not any(not r._response_started for r in self._requests()), bound_s)
        await self._until(lambda: not any(self._requests()), streams_s)
        cut = [self.connections[request]["application_instance"] for request in self._requests()]
        for task in cut:
            task.cancel()
        if cut:
            await asyncio.wait(cut, timeout=1)
        return len(cut)

    async def close_connections(self, bound_s: float) -> None:
        """Tell websockets that the server ends, flush everything, close."""
        for socket in self._sockets():
            if socket.state == socket.STATE_OPEN:
                # Not sendClose, which keeps this code to itself.
                socket.sendCloseFrame(code=GOING_AWAY, reasonUtf8=b"the server is ending; connect again")
            else:
                socket.dropConnection(abort=True)  # its handshake has not come to its end
        await self._until(lambda: not any(self._sockets()), bound_s)
        # After the websockets, for each of those grew out of such a channel and has its connection.
        channels = [channel for channel in self.http_factory.open if _is_connected(channel)]
        for channel in channels:
            channel.loseConnection()
        await self._until(lambda: not any(map(_is_connected, channels)), bound_s)

    def kill_all_applications(self) -> None:
        """Nothing: applications were ended before (the inherited one fails without any)."""

    def _is_open(self, protocol: Any) -> bool:
        return protocol in self.connections and "disconnected" not in self.connections[protocol]

    def _requests(self) -> Iterator[Any]:
        for protocol, details in list(self.connections.items()):
            task = details.get("application_instance")
            if isinstance(protocol, WebRequest) and self._is_open(protocol) and task and not task.done():
                yield protocol

    def _sockets(self) -> Iterator[Any]:
        for protocol in list(self.connections):
            if isinstance(protocol, WebSocketProtocol) and self._is_open(protocol):
                yield protocol

    async def _until(self, done: Callable[[], bool], bound_s: float) -> None:
        end = self.loop.time() + bound_s
        # What is waited for has no event of its own; this runs only while the server ends.
        while not done() and self.loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(_TICK_S)


def _is_connected(channel: Any) -> bool:
    return bool(getattr(channel.transport, "connected", False))


def _is_in_use(error: object) -> bool:
    return getattr(error, "errno", None) == errno.EADDRINUSE or "locked" in str(error)


async def _as_future(deferred: Any, loop: asyncio.AbstractEventLoop) -> None:
    if deferred is not None:
        await deferred.asFuture(loop)
