"""Asking the host's key provider for a guest's sealing key.

TCP, a message each way: four bytes with the length, most significant first, then JSON in
which bytes are lists of numbers. The provider runs in an enclave of its own; the key that
it gives is encrypted to the guest whose quote it was shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from dataclasses import dataclass
from typing import Any

import orjson

from vms.errors import Invalid, TookTooLong, Unavailable, UpstreamFailed

MAX_QUOTE = 1 << 20
MAX_ANSWER = 1 << 20
CONNECT_S = 3.0
DEADLINE_S = 30.0
MAX_IN_FLIGHT = 8
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class SealingKey:
    """The key, encrypted to the guest, and the quote of the provider that made it."""

    encrypted_key: bytes
    provider_quote: bytes


class KeyProvider:
    """The key provider at that address."""

    def __init__(self, address: str, port: int) -> None:
        self._address = address
        self.port = port
        self._in_flight = 0

    def __str__(self) -> str:
        return f"the key provider at {self._address} port {self.port}"

    async def sealing_key(self, quote: bytes) -> SealingKey:
        """The key for the guest with that quote.

        Raises:
            Invalid: the quote is empty or longer than 1 MiB.
            UpstreamFailed: the provider can't be reached, hung up, or answered nonsense.
            TookTooLong: it took more than 30 s.
            Unavailable: too many calls are in flight.
        """
        if not 0 < len(quote) <= MAX_QUOTE:
            raise Invalid(f"quote: has {len(quote)} bytes; it must have 1 to {MAX_QUOTE}")
        if self._in_flight >= MAX_IN_FLIGHT:
            raise Unavailable(f"{MAX_IN_FLIGHT} requests wait for {self} already; try again later")
        self._in_flight += 1
        try:
            async with asyncio.timeout(DEADLINE_S):
                answer = await self._ask(quote)
        except TimeoutError:
            raise TookTooLong(f"{self} did not answer within {DEADLINE_S:g} s") from None
        except asyncio.IncompleteReadError:
            raise UpstreamFailed(f"{self} hung up in the middle of its answer") from None
        except OSError as error:
            raise UpstreamFailed(f"{self} can't be asked: {error.strerror or error}") from error
        finally:
            self._in_flight -= 1
        try:
            return _read(answer)
        except ValueError as error:
            raise UpstreamFailed(f"{self} answered wrongly: {error}") from None

    async def _ask(self, quote: bytes) -> bytes:
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(self._address, self.port)
        except TimeoutError:
            raise OSError(f"no connection within {CONNECT_S:g} s") from None
        try:
            request = orjson.dumps({"quote": list(quote)})
            writer.write(_LENGTH.pack(len(request)) + request)
            await writer.drain()
            (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            if length > MAX_ANSWER:
                raise UpstreamFailed(f"{self} wants to answer {length} bytes; at most {MAX_ANSWER} are read")
            return await reader.readexactly(length)
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _read(answer: bytes) -> SealingKey:
    """Raises ValueError, which says what is wrong with the answer."""
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise ValueError("not JSON") from None
    if not isinstance(told, dict):
        raise ValueError("not a JSON object")
    return SealingKey(_octets(told, "encrypted_key"), _octets(told, "provider_quote"))


def _octets(told: dict[str, Any], name: str) -> bytes:
    numbers = told.get(name)
    if not isinstance(numbers, list) or any(type(number) is not int for number in numbers):
        raise ValueError(f"{name} is no list of numbers")
    try:
        return bytes(numbers)
    except ValueError:
        raise ValueError(f"{name} holds numbers that are no bytes") from None
