"""A netd for tests: the existing service's protocol over a real Unix socket, its rules checked as strictly.

What it does with an interface is up to the test: nothing, or real TAP devices (``ip``).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

FIELDS = {"operation", "instance_id", "vm_id", "nic_index"}
PREPARED = FIELDS | {"bridge", "mac", "qemu_uid", "filter", "parameters"}


class NetdServer:
    """``taps`` are the devices that it has made; ``requests`` all that it was asked, in order."""

    def __init__(self) -> None:
        self.taps: dict[str, dict[str, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        self.refuses: Callable[[dict[str, Any]], str | None] = lambda _: None
        self.answers: Callable[[bytes], bytes] = lambda reply: reply
        self.make: Callable[[str, dict[str, Any]], None] = lambda _tap, _request: None
        self.unmake: Callable[[str], None] = lambda _tap: None
        self.delay_s = 0.0

    @contextlib.asynccontextmanager
    async def listen(self, path: Path) -> AsyncIterator[NetdServer]:
        async with asyncio.TaskGroup() as connections:
            tasks: list[asyncio.Task[None]] = []

            def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.append(connections.create_task(self._serve(reader, writer)))

            async with await asyncio.start_unix_server(serve, path):
                yield self
            for task in tasks:
                task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(writer):
            # Only the closed writing side ends a request.
            data = await reader.read(-1)
            await asyncio.sleep(self.delay_s)
            writer.write(self.answers(json.dumps(self._answer(data)).encode()))
            await writer.drain()

    def _answer(self, data: bytes) -> dict[str, Any]:
        try:
            return {"ok": True, "tap": self._handle(json.loads(data))}
        except ValueError as error:
            return {"ok": False, "error": str(error)}

    def _handle(self, request: dict[str, Any]) -> str:
        self.requests.append(request)
        identity = "\0".join(str(request[name]) for name in ("instance_id", "vm_id", "nic_index"))
        tap = f"dt{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        _require(0 <= request["nic_index"] <= 255, "NIC index is out of range")
        if refusal := self.refuses(request):
            raise ValueError(refusal)
        match request["operation"]:
            case "prepare":
                _check(request)
                self._remove(tap)
                self.make(tap, request)
                self.taps[tap] = request
            case "remove":
                _require(set(request) == FIELDS, "unknown fields")
                self._remove(tap)
            case "check":
                _require(tap in self.taps, f"TAP {tap} does not exist")
            case other:
                raise ValueError(f"unknown variant {other}")
        return tap

    def _remove(self, tap: str) -> None:
        if self.taps.pop(tap, None):
            self.unmake(tap)


def _check(request: dict[str, Any]) -> None:
    _require(set(request) == PREPARED, f"fields are {sorted(request)}")
    _require(bool(re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", request["bridge"])), "invalid bridge")
    _require(bool(re.fullmatch(r"[A-Za-z0-9_.:-]{1,128}", request["filter"])), "invalid filter")
    _require(bool(re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", request["mac"])), "invalid MAC address")
    _require(int(request["mac"][:2], 16) & 1 == 0, "invalid unicast MAC address")
    _require(isinstance(request["qemu_uid"], int), "qemu_uid is no number")
    _require(all(isinstance(value, str) for value in request["parameters"].values()), "invalid parameter")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
