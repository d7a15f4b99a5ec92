"""What a server under test has otherwise than one in earnest; all else is the same."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import random
import subprocess
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from channels.layers import InMemoryChannelLayer

FAKE_SYSFS = "sys"
"""A recorded machine in the data folder, whose GPUs the server finds."""
CLOCK, NO_PIDS, DROPS = "clock", "no-pids", "drops"
"""Files beside the data folder: by how many seconds the clock is wrong; that no process can be
started; that messages of the channel layer get lost."""


def prepare(data: Path, *, fake: bool) -> None:
    """Before anything of the server is started."""
    import django

    django.setup()
    from vms.worker import gpus, node_worker, service, start_queue

    # Guests of tests never say that they are up: each would keep its turn to boot for ten minutes.
    start_queue.MAX_BOOT_S, start_queue.BOOT_LOOK_S = 0.2, 0.1
    node_worker.SCAN_INTERVAL_S, node_worker.SWEEP_EVERY = 0.5, 2
    gpus.SYSFS = data / FAKE_SYSFS
    _replace(service, "watch_host", _looks_at_no_host)
    if fake:
        _take_the_fake_driver()
    if os.environ.get("VMM_TEST_CHAOS"):
        _wrong_clock(data.parent / CLOCK)
        _no_pids(data.parent / NO_PIDS)
        _drop_messages(data.parent / DROPS)


async def _looks_at_no_host(node_id: int) -> None:
    """Advice for operators, at seconds of CPU a start; ``tests/preflight`` has it."""
    await asyncio.Event().wait()


def _take_the_fake_driver() -> None:
    from vms.hypervisor import fake
    from vms.worker import service

    # Each server counts from elsewhere: what lives on from one to the next keeps its own.
    fake._pids = itertools.count(fake.FIRST_FAKE_PID + os.getpid() * 100)
    _replace(service, "QemuDriver", lambda run_path, _settings: fake.FakeDriver(run_path))


def _replace(module: ModuleType | type, name: str, replacement: object) -> None:
    getattr(module, name)  # fails where it has another name by now
    setattr(module, name, replacement)


def _wrong_clock(flag: Path) -> None:
    """The time of day jumps for the whole process; how long things take stays true."""
    right, right_ns = time.time, time.time_ns

    def jump_s() -> int:
        try:
            return int(flag.read_text() or 0)
        except (OSError, ValueError):
            return 0

    _replace(time, "time", lambda: right() + jump_s())
    _replace(time, "time_ns", lambda: right_ns() + jump_s() * 1_000_000_000)


def _no_pids(flag: Path) -> None:
    """As fork says it where a host has no pids left: the limits of a user don't hold for root."""
    fork = subprocess.Popen._execute_child  # type: ignore[attr-defined]

    def execute(*args: Any, **kwargs: Any) -> None:
        if flag.exists():
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        fork(*args, **kwargs)

    _replace(subprocess.Popen, "_execute_child", execute)


def _drop_messages(flag: Path) -> None:
    """Half of all messages are lost, silently, as the layer does it when it is full."""
    send, group_send = InMemoryChannelLayer.send, InMemoryChannelLayer.group_send

    async def maybe_send(*args: Any, **kwargs: Any) -> None:
        if not (flag.exists() and random.random() < 0.5):
            await send(*args, **kwargs)

    async def maybe_group_send(*args: Any, **kwargs: Any) -> None:
        if not (flag.exists() and random.random() < 0.5):
            await group_send(*args, **kwargs)

    _replace(InMemoryChannelLayer, "send", maybe_send)
    _replace(InMemoryChannelLayer, "group_send", maybe_group_send)
