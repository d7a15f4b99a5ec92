"""Asking the KMS for the key that an application's environment is encrypted to.

The KMS is another machine's program: how long it may take, how much it may say and what
that must look like are all decided here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson

from vms.errors import TookTooLong, Unavailable, UpstreamFailed
from vms.octets import read_octets
from vms.said import cause_of, one_line

METHOD = "GetAppEnvEncryptPubKey"
APP_ID_BYTES = 20
PUBLIC_KEY_BYTES = 32
"""X25519 (RFC 7748)."""
DEADLINE_S = 60.0
MAX_ANSWER = 64 * 1024
MAX_IN_FLIGHT = 16


@dataclass(frozen=True)
class Kms:
    """Which KMS, and how it is known to be the one.

    A KMS makes its own certificate, and what it answers is signed for the application that
    asks; so the certificate is looked at only where ``verify`` says so, by the system's
    authorities or, if given, by those in ``ca_file``.
    """

    url: str
    verify: bool = False
    ca_file: Path | None = None

    def __str__(self) -> str:
        """The URL without credentials and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


@dataclass(frozen=True)
class PublicKey:
    """The answer. ``timestamp`` is in seconds since 1970; signatures are empty where there are none."""

    public_key: bytes
    signature: bytes
    timestamp: int
    signature_v1: bytes


class _InFlight:
    """Counts calls, for a KMS that hangs must not make them pile up."""

    def __init__(self) -> None:
        self._count = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        if self._count >= MAX_IN_FLIGHT:
            raise Unavailable(f"{MAX_IN_FLIGHT} requests wait for the KMS already; try again later")
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


_in_flight = _InFlight()


async def env_encrypt_public_key(kms: Kms, app_id: bytes) -> PublicKey:
    """The key for the application of that id.

    Raises:
        UpstreamFailed: the KMS can't be reached, refused, or answered nonsense.
        TookTooLong: it took more than 60 s.
        Unavailable: too many calls are in flight.
    """
    with _in_flight.one():
        try:
            async with asyncio.timeout(DEADLINE_S):
                status, body = await _post(kms, {"app_id": app_id.hex()})
        except TimeoutError:
            raise TookTooLong(f"the KMS at {kms} did not answer within {DEADLINE_S:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise _failed(kms, f"can't be asked: {cause_of(error)}") from error
    if status != 200:
        raise _failed(kms, f"answered {status}{_reason(body)}")
    try:
        return _read(body)
    except ValueError as error:
        raise _failed(kms, f"answered wrongly: {error}") from None


async def _post(kms: Kms, request: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of the answer; asyncio's bound is the only one on time."""
    parts = urlsplit(kms.url)
    # Apart from the URL, which httpx writes into the log.
    credentials = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
    trust: ssl.SSLContext | bool = False
    if parts.scheme == "https":
        # Reading a system's authorities takes tens of milliseconds.
        trust = await asyncio.to_thread(_trust, kms)
    options: dict[str, Any] = {"verify": trust, "auth": credentials, "timeout": None}
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, **options) as client,
        client.stream(
            "POST",
            f"{kms}/prpc/{METHOD}?json",
            content=orjson.dumps(request),
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        ) as response,
    ):
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _failed(kms, "answered compressed, which was not asked for")
        body = b""
        # Raw, for a small answer may unpack to an endless one.
        async for part in response.aiter_raw():
            body += part
            if len(body) > MAX_ANSWER:
                raise _failed(kms, f"answered more than {MAX_ANSWER} bytes")
        return response.status_code, body


def _trust(kms: Kms) -> ssl.SSLContext:
    if kms.ca_file is not None:
        try:
            return ssl.create_default_context(cafile=str(kms.ca_file))
        except (OSError, ValueError) as error:
            raise _failed(kms, f"can't be verified: ca_file {kms.ca_file}: {error}") from error
    context = ssl.create_default_context()
    if not kms.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _read(body: bytes) -> PublicKey:
    """Raises ValueError, which says what is wrong with the answer."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ValueError("not JSON") from None
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")
    key = _octets(answer, "public_key")
    if len(key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"public_key has {len(key)} bytes instead of {PUBLIC_KEY_BYTES}")
    timestamp = answer.get("timestamp")
    if timestamp is None:
        timestamp = 0
    if type(timestamp) is not int or not 0 <= timestamp < 2**64:
        raise ValueError("timestamp is not a whole number from 0 to 2^64 - 1")
    return PublicKey(key, _octets(answer, "signature"), timestamp, _octets(answer, "signature_v1"))


def _octets(answer: dict[str, Any], name: str) -> bytes:
    """A field's bytes; none where it is absent, as proto3 means it."""
    text = answer.get(name)
    if text is None:
        return b""
    if not isinstance(text, str):
        raise ValueError(f"{name} is not text")
    try:
        return read_octets(text)
    except ValueError:
        raise ValueError(f"{name} is neither hex nor base64") from None


def _reason(body: bytes) -> str:
    """The message of a pRPC error, with a colon before it; empty where there is none."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
    return f": {cleaned}" if isinstance(said, str) and (cleaned := one_line(said)) else ""


def _failed(kms: Kms, what: str) -> UpstreamFailed:
    return UpstreamFailed(f"the KMS at {kms} {what}")
