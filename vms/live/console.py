"""``/ws/console/<vm>``: the guest's serial console, for several people at once.

``?boot=&position=``; positions are bytes of one boot's serial log. The server says where the next
binary frame begins; a client counts the bytes, and may come back with what it counted to::

    {"type": "hello", "vm": "8d1c…", "name": "web", "boot": 7, "position": 12000, "end": 90123,
     "running": true, "you": 3}
    {"type": "state", "running": true, "status": "running", "viewers": [{"id": 3, "name": "alice"}],
     "typist": null, "may_type": true}
    {"type": "refused", "message": "…"}
    {"type": "pong"}

It goes on exactly where it was asked to if that is at most 1 MiB before the end, else 256 KiB before
it. Another hello comes when another boot begins, and where bytes were passed over: who takes too
long sees the newest. ``typist`` is who has taken the keyboard for themselves; null: all may type.
The client sends keystrokes as binary frames of at most 4 KiB, and::

    {"type": "keyboard", "mine": true}
    {"type": "ping"}

Close codes and bounds are those of ``/ws/status``: 32 MiB may be unread since the last ping, and a
client that takes nothing for ten seconds is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from vms.access import audit
from vms.access.principal import current
from vms.access.trail import about_vm
from vms.choices import Role
from vms.database import in_database, writing
from vms.hypervisor.log_files import Boot
from vms.live.broker import Broker, brokers
from vms.live.hub import hub
from vms.live.logs import CHUNK, Follower, boots_of, lines_before
from vms.live.telling import TOO_SLOW
from vms.live.vm_socket import Refused, VmConsumer
from vms.selectors.vms import Standing, standing

HISTORY = 256 << 10
"""Bytes before the end that are told where nothing else is asked for."""
MAX_BEHIND = 1 << 20
MAX_KEYS = 4 << 10
SLOW_S = 10.0
POLL_S = 0.25
"""The log is looked at so often though nothing was heard of it."""
LOOK_AGAIN_S = 5.0
"""A lost word of a change is noticed so late."""


class ConsoleConsumer(VmConsumer):
    """One viewer: reads the log by itself, and shares the keyboard with the others."""

    route = "ws/console"
    broker: Broker | None = None

    def joined(self) -> None:
        super().joined()
        self.name = current().name
        self._number = 0
        self._standing: Standing | None = None
        self._state: dict[str, Any] = {}
        self._typed = False
        self._watching = asyncio.create_task(self._watch())

    def left(self) -> None:
        self._watching.cancel()
        brokers.leave(self.vm_id, self._number)

    def rang(self) -> None:
        self.news.set()

    def changed(self) -> None:
        self.news.set()

    async def take(self, message: dict[str, Any]) -> None:
        if message["type"] != "keyboard":
            await super().take(message)
        if not isinstance(message.get("mine"), bool):
            raise Refused("mine: must be true or false")
        if self.broker is not None:
            self.broker.take_keyboard(self._number, message["mine"], current().role == Role.ADMIN)

    async def take_bytes(self, data: bytes) -> None:
        if len(data) > MAX_KEYS:
            raise Refused(f"at most {MAX_KEYS} bytes can be typed at once, not {len(data)}")
        if self.broker is None:
            raise Refused("the console is not open yet: wait for its first message")
        self.broker.check(self._number)
        if not self._typed:
            await in_database(_note_typing)
            self._typed = True
        self.broker.type(self._number, data)

    async def tell(self) -> None:
        try:
            self.broker, self._number = brokers.join(self.vm_id, self.run_dir, self)
        except Refused as error:
            await self.refuse(str(error))
            return
        await self._begin()
        while True:
            await self._say_state()
            piece = self._follower.next(CHUNK)
            if piece is not None:
                await self._send(piece.data, None if piece.is_next else piece.begin)
                if len(piece.data) == CHUNK:
                    await self._skip_if_far_behind()
            elif self._follower.advance():
                self.broker.listen()
                await self._hello()
            elif self._follower.is_over():
                await self.end_without_vm()
            else:
                await self._wait()

    async def _wait(self) -> None:
        """Until there may be more."""
        if not await self.heard_within(POLL_S) and self.broker is not None:
            self.broker.listen()  # another boot may have begun another log

    async def _begin(self) -> None:
        self._standing = await in_database(standing, self.vm_id)
        about_vm(self.vm_id, self._standing.name if self._standing else "")
        audit.note(audit.OK, action="console")
        boots = await asyncio.to_thread(boots_of, self.run_dir.serial_log)
        asked, position = self.number_option("boot"), self.number_option("position")
        boot = boots[-1]
        is_kept = boot.number == asked and position is not None and boot.start <= position <= boot.end
        if not is_kept or position is None or boot.end - position > MAX_BEHIND:
            position = await asyncio.to_thread(_history, self.run_dir.serial_log, boot)
        self._follower = Follower(self.run_dir.serial_log, boot.number, position)
        await self._hello()

    async def _hello(self) -> None:
        boots = await asyncio.to_thread(boots_of, self.run_dir.serial_log)
        end = next((boot.end for boot in boots if boot.number == self._follower.boot), 0)
        await self.say(
            {
                "type": "hello",
                "vm": self.vm_id,
                "name": self._standing.name if self._standing else "",
                "boot": self._follower.boot,
                "position": self._follower.position,
                "end": max(end, self._follower.position),
                "running": self._standing is not None and self._standing.runs,
                "you": self._number,
            }
        )

    async def _say_state(self) -> None:
        broker = self.broker
        if broker is None or self._standing is None:
            return
        state = {
            "type": "state",
            "running": self._standing.runs,
            "status": self._standing.status,
            "viewers": [{"id": number, "name": each.name} for number, each in broker.viewers.items()],
            "typist": broker.typist,
            "may_type": broker.may_type(self._number),
        }
        if state != self._state:
            self._state = state
            await self.say(state)

    async def _send(self, data: bytes, begin: int | None) -> None:
        """Bytes, and where they begin if that is not where the client is; who takes nothing is closed."""
        try:
            async with asyncio.timeout(SLOW_S):
                if begin is not None:
                    after, self._follower.position = self._follower.position, begin
                    await self._hello()
                    self._follower.position = after
                await self.send_bytes(data)
        except TimeoutError:
            await self.close(code=TOO_SLOW)
            await asyncio.Event().wait()

    async def _skip_if_far_behind(self) -> None:
        boot = (await asyncio.to_thread(boots_of, self.run_dir.serial_log))[-1]
        if boot.number == self._follower.boot and boot.end - self._follower.position > MAX_BEHIND:
            self._follower.position = await asyncio.to_thread(_history, self.run_dir.serial_log, boot)
            await self._hello()

    async def _watch(self) -> None:
        """Know whether the VM runs, and tell when that changes."""
        async with hub.changes_of(self.vm_id) as news:
            while True:
                news.clear()
                self._standing = await in_database(standing, self.vm_id) or self._standing
                self.changed()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN_S):
                        await news.wait()


def _history(log: Path, boot: Boot) -> int:
    position, _ = lines_before(log, boot, boot.end, HISTORY)
    return position


def _note_typing() -> None:
    with writing():
        audit.write(audit.OK, action="console.type")


def console_consumer() -> Any:
    """The consumer as an ASGI application."""
    return ConsoleConsumer.as_asgi()
