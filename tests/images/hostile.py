"""A registry that answers whatever a test wants, and a way to a real one that breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from tests.images.push import MANIFEST, digest_of
from vms.images.oci.reference import Repository

NAME = "user/image"
Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """An HTTP answer; ``Content_Length`` and the like as keywords."""
    named = {"Content-Length": str(len(body))} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    lines = "".join(f"{key}: {value}\r\n" for key, value in named.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body


def redirect(to: str) -> bytes:
    return answer(status=307, Location=to)


class Hostile:
    """Serves ``routes``: by path, bytes to send or a function that writes them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.repository = Repository(f"http://127.0.0.1:{port}", NAME)
        self.routes: dict[str, bytes | Say] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def manifest(self, document: Any, tag: str = "t") -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.routes[f"/v2/{NAME}/manifests/{tag}"] = answer(body, Content_Type=MANIFEST)

    def layer(self, data: bytes, said: bytes | Say | None = None, **changed: Any) -> None:
        """One layer; ``said`` is sent in its place, ``changed`` is what the manifest lies about."""
        entry = {"digest": digest_of(data), "size": len(data)} | changed
        self.manifest({"schemaVersion": 2, "layers": [entry]})
        self.routes[f"/v2/{NAME}/blobs/{entry['digest']}"] = answer(data) if said is None else said

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                path = head[0].split(" ")[1]
                self.requests.append(
                    (path, {k.lower(): v for k, _, v in (h.partition(": ") for h in head[1:])})
                )
                said = self.routes.get(path, self.routes.get(path.partition("?")[0], answer(status=404)))
                if isinstance(said, bytes):
                    writer.write(said)
                    await writer.drain()
                else:
                    await said(writer)
                    break
        writer.close()


@contextlib.asynccontextmanager
async def hostile() -> AsyncIterator[Hostile]:
    """Such a registry on a port of its own."""
    made: list[Hostile] = []
    async with _listening(lambda r, w: made[0].serve(r, w)) as port:
        made.append(Hostile(port))
        yield made[0]


class Breaking:
    """A way to another port that is cut after so many bytes of answers, connection by connection."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.cuts: list[int] = []
        """For each connection to come; those after the last are whole."""
        self.bytes_per_s = 0
        self.connections = 0
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        left = self.cuts.pop(0) if self.cuts else 1 << 60
        with contextlib.suppress(ConnectionError):
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            upwards = asyncio.create_task(self._pump(reader, back))
            try:
                while left > 0 and (data := await there.read(min(left, 16 << 10))):
                    left -= len(data)
                    writer.write(data)
                    await writer.drain()
                    if self.bytes_per_s:
                        await asyncio.sleep(len(data) / self.bytes_per_s)
            finally:
                upwards.cancel()
                back.close()
        writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(16 << 10):
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def breaking(target: int) -> AsyncIterator[Breaking]:
    """Such a way, on a port of its own."""
    way = Breaking(target)
    async with _listening(way.serve) as way.port:
        yield way


@contextlib.asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A port whose connections are served, and cut at the end."""
    open_now: set[asyncio.Task[Any]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            await serve(reader, writer)
        except asyncio.CancelledError:
            return  # a server's callback must not end so
        finally:
            open_now.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now)
        await asyncio.sleep(0)
