"""What the websockets about one VM have in common: what they are asked for, and how they refuse."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import parse_qs

import orjson

from vms.conf import conf
from vms.hypervisor.rundir import RunDir
from vms.live.telling import TellingConsumer

MAX_TEXT = 4 << 10
"""Characters of a message; each that is understood is far shorter."""
MAX_NUMBER = 2**53
"""A browser counts no further."""
REFUSALS_S = 10.0
"""So many are told a second: a flood earns no flood."""
NO_SUCH_VM = 4404


class Refused(ValueError):
    """What a client asked for can't be done; says why."""


class VmConsumer(TellingConsumer):
    """One client of one VM. What is sent by several calls keeps together in :attr:`turn`."""

    def joined(self) -> None:
        self.vm_id = str(self.scope["url_route"]["kwargs"]["vm_id"])
        self.run_dir = RunDir.of(conf().run_path, self.vm_id)
        self.turn = asyncio.Lock()
        self.news = asyncio.Event()
        self._refusals_left, self._refused_at = REFUSALS_S, time.monotonic()

    def option(self, name: str) -> str:
        """An option of the address; empty where it isn't given."""
        query: str = self.scope["query_string"].decode("latin-1")
        return parse_qs(query).get(name, [""])[0]

    def number_option(self, name: str) -> int | None:
        """The same as a whole number; None where it isn't given, or is none."""
        text = self.option(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A ping, or what :meth:`take` and :meth:`take_bytes` understand; all else is refused."""
        try:
            if bytes_data is not None:
                await self.take_bytes(bytes_data)
            elif (message := read_message(text_data or ""))["type"] == "ping":
                await self.pinged()
            else:
                await self.take(message)
        except Refused as error:
            await self.refuse(str(error))

    async def take(self, message: dict[str, Any]) -> None:
        """Do what a message asks for. Raises Refused."""
        raise Refused(f"type: {str(message['type'])[:40]!r} is not known here")

    async def take_bytes(self, data: bytes) -> None:
        """Do what a binary frame asks for. Raises Refused."""
        raise Refused("binary frames are not taken here")

    async def refuse(self, why: str) -> None:
        now = time.monotonic()
        self._refusals_left += (now - self._refused_at) * REFUSALS_S
        self._refusals_left, self._refused_at = min(self._refusals_left, REFUSALS_S), now
        if self._refusals_left >= 1:
            self._refusals_left -= 1
            await self.say({"type": "refused", "message": why})

    async def say(self, message: dict[str, Any]) -> None:
        await self.send_frame(orjson.dumps(message))

    async def send_frame(self, frame: bytes) -> None:
        async with self.turn:
            await super().send_frame(frame)

    async def send_bytes(self, data: bytes) -> None:
        async with self.turn:
            await super().send_bytes(data)

    async def send_pair(self, message: dict[str, Any], data: bytes) -> None:
        """A message and directly after it the bytes that it announces."""
        async with self.turn:
            await super().send_frame(orjson.dumps(message))
            await super().send_bytes(data)

    async def heard_within(self, seconds: float) -> bool:
        """Wait until there is news, for so long; whether there is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()
        was_set = self.news.is_set()
        self.news.clear()
        return was_set

    async def end_without_vm(self) -> None:
        """The VM is no more: say so, and wait to be ended."""
        await self.close(code=NO_SUCH_VM)
        await asyncio.Event().wait()


def read_message(text: str) -> dict[str, Any]:
    """A client's message, which has a type. Raises Refused."""
    if len(text) > MAX_TEXT:
        raise Refused(f"the message is longer than {MAX_TEXT} characters")
    try:
        message = orjson.loads(text)
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Refused('send a JSON object with a type, such as {"type": "ping"}')
    return message


def number_of(message: dict[str, Any], name: str, least: int, most: int) -> int:
    """A whole number in a message. Raises Refused."""
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(f"{name}: must be a whole number from {least} to {most}")
    return value
