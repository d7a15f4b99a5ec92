"""Views that show how the site's request handler treats each kind of response."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from vms.settling import SettlingResponse

threads: list[tuple[str, int]] = []
"""(what ran, in which thread), in order."""
waiting: dict[str, asyncio.Event] = {}
"""Events that views wait for or set, by name; each test makes its own."""
arrived: list[str] = []


def noted(what: str) -> None:
    threads.append((what, threading.get_ident()))


def noting_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        noted("middleware in")
        response = get_response(request)
        noted("middleware out")
        response._resource_closers.append(lambda: noted("close"))  # type: ignore[attr-defined]
        return response

    return middleware


def plain(request: HttpRequest) -> HttpResponse:
    noted("view")
    return HttpResponse(b"plain")


def echo(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"size": len(request.body), "method": request.method, "q": request.GET.get("q")})


def breaks(request: HttpRequest) -> HttpResponse:
    raise LookupError("a bug")


def settles(request: HttpRequest) -> HttpResponse:
    """Answers only when 50 requests wait at the same time."""

    async def settle(response: SettlingResponse) -> None:
        arrived.append("settle")
        if len(arrived) == 50:
            waiting["all"].set()
        await waiting["all"].wait()
        response.status_code = 201
        response.content = b"settled"

    response = SettlingResponse(settle)
    response["Content-Length"] = "0"
    return response


def settles_badly(request: HttpRequest) -> HttpResponse:
    async def settle(response: SettlingResponse) -> None:
        raise LookupError("a bug")

    return SettlingResponse(settle)


def settles_slowly(request: HttpRequest) -> HttpResponse:
    async def settle(response: SettlingResponse) -> None:
        arrived.append("begun")
        waiting["begun"].set()
        await waiting["go on"].wait()
        arrived.append("settled")
        waiting["settled"].set()

    return SettlingResponse(settle)


def streams(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[bytes]:
        try:
            yield b"first\n"
            waiting["begun"].set()
            await asyncio.Event().wait()
        finally:
            arrived.append("stream ended")

    response = StreamingHttpResponse(lines())
    response._resource_closers.append(lambda: arrived.append("closed"))  # type: ignore[attr-defined]
    return response


def file(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            noted("part")
            yield b"x" * 65536

    return StreamingHttpResponse(parts())


async def asynchronous(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(b"asynchronous")


urlpatterns = [
    path("plain", plain),
    path("echo", echo),
    path("breaks", breaks),
    path("settles", settles),
    path("settles-badly", settles_badly),
    path("settles-slowly", settles_slowly),
    path("streams", streams),
    path("file", file),
    path("asynchronous", asynchronous),
]
