"""A guest's side of the host API: what it sends and reads, written from the wire's tables."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from tests.guest import tables
from tests.guest.unix_sockets import HOST_CID, UnixSockets
from tests.waiting import eventually
from vms.errors import Unavailable
from vms.guest.host_api import HostApi, body_limit
from vms.guest.http_server import GuestServer
from vms.guest.key_provider import SealingKey

PORT = 10000
CID = 1234
FORMS = ("json", "documented", "protobuf")


@dataclass
class RecordingHost:
    """A host with one VM, at ``CID``."""

    notified: list[tuple[str, str, str]] = field(default_factory=list)
    quotes: list[bytes] = field(default_factory=list)

    async def vm_of(self, cid: int) -> str | None:
        return "the-vm" if cid == CID else None

    async def notify(self, vm_id: str, event: str, payload: str) -> None:
        if event == "bug":
            raise RuntimeError("a bug")
        self.notified.append((vm_id, event, payload))

    async def sealing_key(self, quote: bytes) -> SealingKey:
        if quote == b"none":
            raise Unavailable("no key provider")
        self.quotes.append(quote)
        return SealingKey(b"\x01\xff", b"\x02")


@contextlib.asynccontextmanager
async def listening(sockets: UnixSockets) -> AsyncIterator[RecordingHost]:
    host = RecordingHost()
    server = GuestServer(sockets, HOST_CID, PORT, HostApi(host).handle, body_limit)
    running = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(60):
            await eventually(lambda: server.is_listening)
            yield host
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@dataclass(frozen=True)
class Told:
    status: int
    content_type: str
    body: bytes


async def send(guest: UnixSockets, request: bytes) -> Told:
    """These bytes, and what comes back until the host hangs up."""
    reader, writer = await asyncio.open_unix_connection(sock=await guest.connect(HOST_CID, PORT))
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    kinds = [line.partition(": ")[2] for line in lines if line.lower().startswith("content-type:")]
    return Told(int(lines[0].split()[1]), kinds[0], body)


def request(method: str, body: bytes, query: str = "", kind: str = "", verb: str = "POST") -> bytes:
    lines = [f"{verb} /api/{method}{query} HTTP/1.1", "Host: vsock", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *([f"Content-Type: {kind}"] if kind else []), "", ""]).encode() + body


async def ask(guest: UnixSockets, form: str, method: str, message: str, values: tables.Values) -> Told:
    """A method as one of the encodings sends it."""
    if form == "protobuf":
        return await send(guest, request(method, tables.to_binary(message, values)))
    body = json.dumps(tables.to_json(values)).encode()
    return await send(
        guest,
        request(method, body, "?json") if form == "json" else request(method, body, kind="application/json"),
    )


def value(form: str, told: Told, message: str) -> Any:
    """What an answer holds, as JSON would write it."""
    if form == "protobuf":
        assert told.content_type == "application/octet-stream"
        return tables.to_json(tables.from_binary(message, told.body))
    assert told.content_type == "application/json"
    return json.loads(told.body)
