"""``/ws/logs/<vm>``: a log as it grows, its earlier parts on request, and finding text in it.

``?ch=serial|stdout|stderr&boot=&position=``; positions are bytes of one boot's log. The server says
where the next binary frame begins, then sends what is there and what follows::

    {"type": "hello", "channel": "serial", "boot": 7, "start": 0, "position": 880000, "end": 912345,
     "boots": [{"boot": 7, "began_at": 1760000000000, "size": 912345, "current": true}, …]}

``start`` is the first position that is still kept. Another hello comes when another boot begins, and
where bytes were not kept until they were sent. Of an older boot nothing follows its end. Asked::

    {"type": "read", "before": 880000, "bytes": 262144}
    {"type": "find", "text": "panic", "before": 880000}
    {"type": "ping"}

it answers of the boot that it told of last::

    {"type": "piece", "position": 617856, "before": 880000}     and then those bytes
    {"type": "found", "position": 612345, "line": "kernel panic"}
    {"type": "found", "position": null, "line": "", "searched_to": 300000}     go on from there
    {"type": "pong"}
    {"type": "refused", "message": "…"}

Close codes and bounds are those of ``/ws/status``: 32 MiB may be unread since the last ping.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Any

from vms.access import audit
from vms.conf import conf
from vms.hypervisor.log_files import Boot
from vms.live import log_search
from vms.live.logs import CHUNK, POLL_S, Follower, LogChannel, boots_of, lines_before, log_path
from vms.live.vm_socket import MAX_NUMBER, Refused, VmConsumer, number_of

HISTORY = 256 << 10
"""Bytes before the end that are told where no position is asked for."""
MAX_PIECE = 1 << 20
MAX_TEXT = 200
MAX_WAITING = 16
"""Requests that are not answered yet."""


class LogsConsumer(VmConsumer):
    """One reader. One task sends all but refusals, so what belongs together stays so."""

    route = "ws/logs"

    def joined(self) -> None:
        super().joined()
        self._asked: deque[dict[str, Any]] = deque()

    async def take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "read":
                number_of(message, "before", 0, MAX_NUMBER)
                number_of(message, "bytes", 1, MAX_PIECE)
            case "find":
                number_of(message, "before", 0, MAX_NUMBER)
                _text_of(message)
            case _:
                await super().take(message)
        if len(self._asked) >= MAX_WAITING:
            raise Refused(f"{MAX_WAITING} requests wait already: wait for their answers")
        self._asked.append(message)
        self.news.set()

    async def tell(self) -> None:
        if not await self._begin():
            return
        while True:
            while self._asked:
                await self._answer(self._asked.popleft())
            piece = self._follower.next(CHUNK)
            if piece is not None:
                if not piece.is_next:
                    await self._hello(piece.begin)
                await self.send_bytes(piece.data)
            elif self._follows and self._follower.advance():
                await self._hello(self._follower.position)
            elif self._follower.is_over():
                await self.end_without_vm()
            else:
                await self.heard_within(POLL_S)

    async def _begin(self) -> bool:
        try:
            channel = LogChannel(self.option("ch") or LogChannel.SERIAL)
        except ValueError:
            await self.refuse(f"ch: must be serial, stdout or stderr, not {self.option('ch')[:40]!r}")
            return False
        self._channel = channel
        self._log = log_path(conf().run_path, self.vm_id, channel)
        boots = await asyncio.to_thread(boots_of, self._log)
        number = self.number_option("boot")
        found = [boot for boot in boots if boot.number == number]
        if self.option("boot") and not found:
            kept = ", ".join(str(boot.number) for boot in boots)
            await self.refuse(f"boot: nothing is kept of {self.option('boot')[:40]!r}, but of {kept}")
        boot = found[0] if found else boots[-1]
        self._follows = boot.is_current
        position = self.number_option("position") if found or not self.option("boot") else None
        begin, _ = await asyncio.to_thread(lines_before, self._log, boot, boot.end, HISTORY)
        if position is not None:
            begin = max(boot.start, min(position, boot.end))
        audit.note(audit.OK, action="logs")
        self._follower = Follower(self._log, boot.number, begin)
        await self._hello(self._follower.position)
        return True

    async def _hello(self, position: int) -> None:
        boots = await asyncio.to_thread(boots_of, self._log)
        boot = self._boot_among(boots)
        await self.say(
            {
                "type": "hello",
                "channel": self._channel,
                "boot": boot.number,
                "start": boot.start,
                "position": position,
                "end": max(boot.end, position),
                "boots": [
                    {
                        "boot": each.number,
                        "began_at": each.began_at_ms,
                        "size": each.end,
                        "current": each.is_current,
                    }
                    for each in boots
                ],
            }
        )

    def _boot_among(self, boots: list[Boot]) -> Boot:
        """The one that is being told; empty where nothing is kept of it any more."""
        number, position = self._follower.boot, self._follower.position
        gone = Boot(number, None, position, position, is_current=False)
        return next((boot for boot in boots if boot.number == number), gone)

    async def _answer(self, message: dict[str, Any]) -> None:
        boot = self._boot_among(await asyncio.to_thread(boots_of, self._log))
        before = min(message["before"], boot.end)
        if message["type"] == "read":
            position, data = await asyncio.to_thread(lines_before, self._log, boot, before, message["bytes"])
            await self.send_pair({"type": "piece", "position": position, "before": before}, data)
            return
        search = partial(log_search.find, self._log, boot, _text_of(message), before)
        found = await asyncio.to_thread(search)
        answer = {"type": "found", "position": found.position, "line": found.line}
        if found.searched_to is not None:
            answer["searched_to"] = found.searched_to
        await self.say(answer)


def _text_of(message: dict[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT:
        raise Refused(f"text: must be text of 1 to {MAX_TEXT} characters")
    return text


def logs_consumer() -> Any:
    """The consumer as an ASGI application."""
    return LogsConsumer.as_asgi()
