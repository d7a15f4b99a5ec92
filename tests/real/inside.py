"""What a demo guest says of itself: on its page, and to a shell that its agent starts."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import httpx

from tests.real.server import wait_until
from vms.guest.qemu_channel import Conversation, conversation

Facts = dict[str, Any]


def facts_at(port: int) -> Facts:
    """The guest's ``info.json``, through a host's port that leads to its web server."""
    facts: Facts = page(port, "/info.json").json()
    return facts


def page(port: int, path: str) -> httpx.Response:
    """A page of the guest, as soon as it answers."""

    def look() -> httpx.Response | None:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10, verify=False)
        except httpx.TransportError:
            return None

    response = wait_until(path, look)
    assert response is not None
    return response


def shell(run_dir: Path, script: str) -> str:
    """What ``script`` prints inside of the guest, as root, standard error included."""
    return asyncio.run(_shell(run_dir, script))


async def _shell(run_dir: Path, script: str) -> str:
    async with conversation(run_dir / "qga.sock") as agent:
        command: Facts = {"path": "/bin/busybox", "arg": ["sh", "-c", f"exec 2>&1; {script}"]}
        started = await agent.ask("guest-exec", **command, **{"capture-output": True})
        done = await _end(agent, started["pid"])
    return base64.b64decode(done.get("out-data", "")).decode(errors="replace")


async def _end(agent: Conversation, pid: int) -> Facts:
    async with asyncio.timeout(60):
        while True:
            status: Facts = await agent.ask("guest-exec-status", pid=pid)
            if status["exited"]:
                return status
            await asyncio.sleep(0.1)
