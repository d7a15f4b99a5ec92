"""Asking dstack's netd, the privileged service that makes TAP devices watched by a libvirt filter.

One connection is one request: a JSON object, the writing side closed, a JSON object in return.
The device's name follows from who asks for which interface, so nobody chooses it, and making one
that is there already replaces it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .errors import NotAnswering
from .network import tap_name
from .unix_socket import connect

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a request or a reply, as netd itself has it."""

ANSWER_WAIT_S = 30.0
"""netd runs ``ip`` and ``virsh``, and serves one request after the other."""

WORDS_LIMIT = 500


class Operation(StrEnum):
    PREPARE = "prepare"
    """Make the device and bind its filter, anew if it is there."""
    REMOVE = "remove"
    """Take both away; no error if they aren't there."""
    CHECK = "check"
    """Are both there?"""


@dataclass(frozen=True)
class Interface:
    """What a TAP device is known by: whose server, which VM, and which of its interfaces."""

    instance_id: str
    vm_id: str
    index: int

    @property
    def tap(self) -> str:
        return tap_name(self.instance_id, self.vm_id, self.index)


@dataclass(frozen=True)
class Wiring:
    """Where a device belongs: its bridge, the guest's MAC address, QEMU's user, and the filter."""

    bridge: str
    mac: str
    qemu_uid: int
    filter: str
    parameters: Mapping[str, str]


async def prepare(socket: Path, interface: Interface, wiring: Wiring) -> None:
    """Have the device made. Raises NotAnswering with netd's own words."""
    more = {
        "bridge": wiring.bridge,
        "mac": wiring.mac,
        "qemu_uid": wiring.qemu_uid,
        "filter": wiring.filter,
        "parameters": dict(wiring.parameters),
    }
    await _request(socket, Operation.PREPARE, interface, more)


async def remove(socket: Path, interface: Interface) -> None:
    """Have the device taken away; repeatable. Raises NotAnswering with netd's own words."""
    await _request(socket, Operation.REMOVE, interface)


async def check(socket: Path, interface: Interface) -> None:
    """Ask whether the device is there, and filtered. Raises NotAnswering if not, with netd's own words."""
    await _request(socket, Operation.CHECK, interface)


async def _request(
    socket: Path, operation: Operation, interface: Interface, more: Mapping[str, object] | None = None
) -> None:
    request = {
        "operation": operation.value,
        "instance_id": interface.instance_id,
        "vm_id": interface.vm_id,
        "nic_index": interface.index,
        **(more or {}),
    }
    what = f"netd ({socket}), asked to {operation.value} {interface.tap}"
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            reply = await _exchange(socket, json.dumps(request).encode())
    except TimeoutError as error:
        raise NotAnswering(f"{what}, did not answer in {ANSWER_WAIT_S:g} s") from error
    except NotAnswering as error:
        raise NotAnswering(f"{what}: {error}; is it running?") from error
    except OSError as error:
        raise NotAnswering(f"{what}, hung up: {error.strerror}") from error
    _check_reply(reply, what, interface.tap)


async def _exchange(socket: Path, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(sock=connect(socket), limit=MESSAGE_LIMIT)
    try:
        writer.write(request)
        writer.write_eof()
        reply = b""
        while len(reply) <= MESSAGE_LIMIT and (chunk := await reader.read(MESSAGE_LIMIT)):
            reply += chunk
        return reply
    finally:
        writer.close()


def _check_reply(reply: bytes, what: str, tap: str) -> None:
    try:
        said = json.loads(reply) if len(reply) <= MESSAGE_LIMIT else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise NotAnswering(f"{what}, gave an answer of {len(reply)} bytes that is no JSON object in bounds")
    if said.get("ok") is not True:
        words = str(said.get("error") or "it did not say why")[:WORDS_LIMIT]
        raise NotAnswering(f"{what}, failed: {words}")
    if said.get("tap") != tap:
        raise NotAnswering(f"{what}, speaks of {str(said.get('tap'))[:40]!r} instead")
