"""Tiny servers for the tests of serving."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.site.mini import Mini, Start

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    running: list[Mini] = []

    async def begin(
        *services: str, data: Path = tmp_path / "data", endpoint: str = "0", ready: bool = True
    ) -> Mini:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.site.mini_serve",
            str(data),
            endpoint,
            *services,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        mini = Mini(process)
        running.append(mini)
        if ready:
            said = await mini.line()
            assert said.startswith("ready ")
            if not endpoint.startswith("/"):
                mini.port = int(said.rpartition(":")[2])
        return mini

    yield begin
    for mini in running:
        if mini.process.returncode is None:
            mini.process.kill()
            await mini.process.wait()
