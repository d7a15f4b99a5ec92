"""Django under ASGI with one thread hop a request.

Django's own handler changes threads for every synchronous middleware and for the
view, and makes an executor for each request: several milliseconds of CPU. Here the
signals, all middleware, the view and ``response.close()`` run in one go on a pool of
two threads. More threads make it slower (they fight for the interpreter's lock), and
so there is one rule: **these threads wait for the database only.** What has to wait
longer is awaited on the event loop, after the hop: see ``vms.settling`` and
asynchronous streaming responses. Asynchronous views take Django's own way.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import IO, Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLResolver, get_resolver, set_script_prefix
from django.urls.exceptions import Resolver404

logger = logging.getLogger("vmm.requests")

REQUEST_THREADS = 2
_READ_AHEAD = 1024**2
"""Bytes of a file that one hop reads at most before they are sent."""

pool = ThreadPoolExecutor(REQUEST_THREADS, thread_name_prefix="request")

Scope = Any
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")


class BodyTooLarge(Exception):
    """The request's body is larger than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request's body is larger than {limit} bytes")
        self.limit = limit


@dataclass
class _Served:
    """What one hop brought: the response and, of a file, the parts read so far and the rest."""

    response: HttpResponseBase
    read: list[bytes] = field(default_factory=list)
    rest: Iterator[bytes] | None = None


def _error(status: int, message: str) -> HttpResponse:
    return JsonResponse({"code": status, "message": message}, status=status)


class OneHopASGIHandler(ASGIHandler):
    """Answers HTTP requests; one instance serves the whole process."""

    def __init__(self) -> None:
        super().__init__()
        self._settling: set[asyncio.Task[None]] = set()
        self._stock: ASGIHandler | None = None

    def load_middleware(self, is_async: bool = False) -> None:
        """Load everything as synchronous, whatever Django's ASGI handler asks for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        if self._has_async_views and self._is_async_view(scope):
            self._stock = self._stock or ASGIHandler()
            await self._stock(scope, receive, send)
            return
        try:
            body = await self._body(scope, receive)
        except RequestAborted:
            return
        except BodyTooLarge as error:
            refusal = _error(413, str(error))
            refusal["Connection"] = "close"
            await self.send_response(refusal, send)
            return
        await self._respond(scope, body, receive, send)

    async def _respond(self, scope: Scope, body: IO[bytes], receive: Receive, send: Send) -> None:
        # For the request's whole life: what a middleware binds there is known afterwards, too.
        context = contextvars.copy_context()
        hop = asyncio.get_running_loop().run_in_executor(pool, context.run, self._serve, scope, body)
        try:
            served = await asyncio.shield(hop)
        except asyncio.CancelledError:
            hop.add_done_callback(partial(self._end_abandoned, context))
            raise
        response = served.response
        if isinstance(response, StreamingHttpResponse):
            await self._stream(served, receive, send, context)
            return
        if hasattr(response, "settle"):
            # Shielded, because a client that goes away must not end what others wait for as well.
            await asyncio.shield(self._settling_of(response, context))
        _say_length(response)
        await self.send_response(response, send)

    def _settling_of(self, response: Any, context: contextvars.Context) -> asyncio.Task[None]:
        task = asyncio.create_task(_settle(response), context=context)
        self._settling.add(task)  # for the loop itself keeps no hold on tasks
        task.add_done_callback(self._settling.discard)
        return task

    def _end_abandoned(self, context: contextvars.Context, hop: asyncio.Future[_Served]) -> None:
        """Nobody waits for this response any more: what it began is brought to its end all the same."""
        response = None if hop.cancelled() or hop.exception() else hop.result().response
        if hasattr(response, "settle"):
            self._settling_of(response, context)
        elif response is not None and not response.closed:  # one that was to be streamed
            pool.submit(response.close)

    def _serve(self, scope: Scope, body: IO[bytes]) -> _Served:
        """The hop: everything about a request that is synchronous, on a pool thread."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: HttpResponseBase
        if request is None:
            assert refusal is not None
            body.close()
            response = refusal
        else:
            response = self.get_response(request)
        # It names the sender of request_finished.
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        served = _Served(response)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if isinstance(response, StreamingHttpResponse):
            if response.is_async:
                return served
            served.rest = iter(response)
            served.read = _read_ahead(served.rest)
            return served
        response.close()
        return served

    async def _stream(
        self, served: _Served, receive: Receive, send: Send, context: contextvars.Context
    ) -> None:
        response = served.response
        assert isinstance(response, StreamingHttpResponse)
        if served.rest is not None:
            response.streaming_content = _in_hops(served.read, served.rest)
        source: Any = getattr(response, "_iterator", None)
        sending = asyncio.create_task(self._send_stream(response, send), context=context)
        leaving = asyncio.create_task(_disconnect(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(sending, leaving)
            # A generator that is not closed now would be closed when the garbage is collected.
            if hasattr(source, "aclose"):
                await source.aclose()
            await _hop(response.close)

    async def _send_stream(self, response: Any, send: Send) -> None:
        """Of what another server answers, status and headers are known only once it is ``opened``."""
        async with getattr(response, "opened", contextlib.nullcontext)():
            await self.send_response(response, send)

    @cached_property
    def _has_async_views(self) -> bool:
        return _any_async(get_resolver())

    def _is_async_view(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(get_script_prefix(scope))
        try:
            return iscoroutinefunction(get_resolver().resolve(path).func)
        except Resolver404:
            return False

    async def _body(self, scope: Scope, receive: Receive) -> IO[bytes]:
        """The whole body, in memory while it is small.

        Raises:
            BodyTooLarge: it is announced, or turns out, to be larger than allowed.
            RequestAborted: the client went away before it was complete.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if _announced(scope) > limit:
            raise BodyTooLarge(limit)
        message = await _next(receive)
        body = message.get("body", b"")
        if not message.get("more_body", False):
            if len(body) > limit:
                raise BodyTooLarge(limit)
            return io.BytesIO(body)
        file = tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115 (the request closes it)
        try:
            size = file.write(body)
            while message.get("more_body", False):
                message = await _next(receive)
                size += file.write(message.get("body", b""))
                if size > limit:
                    raise BodyTooLarge(limit)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file


async def _settle(response: Any) -> None:
    """Let the response settle; whatever happens, it is one that can be sent."""
    try:
        await response.settle(response)
    except Exception:
        logger.exception("a response could not settle")
        response.status_code = 500
        response.headers["Content-Type"] = "application/json"
        name = response.headers.get("X-Request-Id", "")
        response.content = _error(500, f"internal error; see the server's log {name}".rstrip()).content
    for tell in getattr(response, "on_settled", ()):
        tell(response)


def _say_length(response: Any) -> None:
    """Name the body's length, without which it would be sent in chunks. 204 and 304 have no body."""
    if response.status_code not in (204, 304):
        response.headers["Content-Length"] = str(len(response.content))
    else:
        response.headers.pop("Content-Length", None)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise RequestAborted
    return message


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(sending: asyncio.Task[None], leaving: asyncio.Task[None]) -> None:
    """End both tasks; an error of the stream is logged, for its status was sent long ago."""
    for task in (leaving, sending):
        task.cancel()
    results = await asyncio.gather(sending, leaving, return_exceptions=True)
    if isinstance(results[0], Exception):
        logger.error("a stream broke off", exc_info=results[0])


async def _hop(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


async def _in_hops(read: list[bytes], rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A synchronous iterator's parts, pulled in hops of about a megabyte."""
    while read:
        for part in read:
            yield part
        read = await _hop(partial(_read_ahead, rest))


def _read_ahead(parts: Iterator[bytes]) -> list[bytes]:
    read: list[bytes] = []
    size = 0
    for part in parts:
        read.append(part)
        size += len(part)
        if size >= _READ_AHEAD:
            break
    return read


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _any_async(resolver: URLResolver) -> bool:
    return any(
        _any_async(entry) if isinstance(entry, URLResolver) else iscoroutinefunction(entry.callback)
        for entry in resolver.url_patterns
    )
