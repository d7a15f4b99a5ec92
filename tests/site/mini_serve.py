"""A tiny server for the tests of serving: ``python -m tests.site.mini_serve DATA ENDPOINT [service…]``.

Prints one line for each thing that a test waits for.
"""

from __future__ import annotations

from vmm_site.serving import Bounds, Plan, leave, run  # isort: skip

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

from vmm_site.endpoints import Endpoint, Tcp, Unix


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 (the test reads it)


sent = 0


async def http(scope: Any, receive: Any, send: Any) -> None:
    global sent
    message = await receive()
    size = len(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        size += len(message.get("body", b""))
    await asyncio.sleep(0)
    path = scope["path"]
    if path == "/slow":
        say("slow begun")
        await asyncio.sleep(1)
    if path == "/never":
        say("never begun")
        await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path == "/follow":
        try:
            await send({"type": "http.response.body", "body": b"first\n", "more_body": True})
            await asyncio.Event().wait()
        finally:
            say("follow ended")
    if path == "/flood":
        for _ in range(2000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            sent += 65536
    body = str(sent if path == "/sent" else size).encode()
    await send({"type": "http.response.body", "body": body})


async def websocket(scope: Any, receive: Any, send: Any) -> None:
    global sent
    await receive()
    if scope["path"] == "/undecided":
        say("undecided begun")
        await asyncio.Event().wait()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/flood":
        for _ in range(2000):
            await send({"type": "websocket.send", "text": "x" * 65536})
            sent += 65536
    if scope["path"] == "/large":
        await send({"type": "websocket.send", "bytes": bytes(8 << 20)})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            say("websocket", message["code"])
            return
        await send({"type": "websocket.send", "text": str(len(message["text"]))})


async def application(scope: Any, receive: Any, send: Any) -> None:
    await {"http": http, "websocket": websocket}[scope["type"]](scope, receive, send)


async def steady(stop: asyncio.Event) -> None:
    await stop.wait()
    say("steady ended")


async def ends(stop: asyncio.Event) -> None:
    return


async def fails(stop: asyncio.Event) -> None:
    raise LookupError("the worker's bug")


async def stubborn(stop: asyncio.Event) -> None:
    await stop.wait()
    await asyncio.Event().wait()


def endpoint_of(text: str) -> Endpoint:
    return Unix(Path(text)) if text.startswith("/") else Tcp("127.0.0.1", int(text))


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    data, endpoint, *names = sys.argv[1:]
    leave(
        run(
            Plan(
                application=application,
                services=[(name, globals()[name]) for name in names],
                endpoints=[endpoint_of(endpoint)],
                data_dir=Path(data),
                on_ready=lambda listening: say("ready", *listening),
                max_body_size=100_000,
                bounds=Bounds(answers=5, streams=0.2, connections=1, services=0.3, everything=20),
            )
        )
    )


if __name__ == "__main__":
    main()
