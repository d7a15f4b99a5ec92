"""A KMS of the tests: a real HTTPS server with a certificate that it made itself."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeKms:
    """``behave`` writes the answer; what was asked is kept in ``asked`` as (head, body)."""

    url: str = ""
    behave: Behaviour | None = None
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, value: Any, status: int = 200) -> None:
        """Answer every request with that value as JSON, or with those bytes."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.behave = responding(status, body)

    async def until_asked(self, times: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(10):
            while len(self.asked) < times:
                self.arrived.clear()
                await self.arrived.wait()


def responding(status: int, body: bytes, *headers: str) -> Behaviour:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}", "Connection: close", *headers]

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    return behave


async def endless(writer: asyncio.StreamWriter) -> None:
    """An answer that never ends, as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 -\r\nContent-Type: application/json\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Takes the request, and says nothing."""
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """A byte now and then: every single read is in time."""
    writer.write(b"HTTP/1.1 200 -\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


def certificate(folder: Path) -> Path:
    """Key and self-signed certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a KMS of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "kms.pem"
    file.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextlib.asynccontextmanager
async def serving(pem: Path) -> AsyncIterator[FakeKms]:
    """Listen on a free port of 127.0.0.1."""
    kms = FakeKms()
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (line for line in head.lower().splitlines() if line.startswith("content-length")), ": 0"
            )
            kms.asked.append((head, await reader.readexactly(int(length.partition(":")[2]))))
            kms.arrived.set()
            assert kms.behave is not None
            await kms.behave(writer)
            await writer.drain()
        writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(talk(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
    kms.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield kms
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
