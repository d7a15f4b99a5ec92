"""The background services of a server process, as ``serve`` starts them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import cache

from vms.actions import nodes
from vms.conf import conf
from vms.database import in_database
from vms.guest.sockets import Vsock
from vms.hypervisor.qemu import QemuDriver
from vms.live.hub import hub
from vms.version import VERSION
from vms.worker import messages
from vms.worker.host import Host, look_around
from vms.worker.host_figures import PROC, memory
from vms.worker.node_worker import NodeWorker
from vms.worker.preflight import watch_host
from vms.worker.room import MB

Service = Callable[[asyncio.Event], Awaitable[None]]


def services() -> list[tuple[str, Service]]:
    """(name, service) of everything that runs beside the web server."""
    _host()  # a host without QEMU is told so before anything listens
    return [("live rows", hub.run), ("node worker", _run_node)]


def start_notes() -> tuple[str, ...]:
    """What the operator should know at start."""
    return _host().notes


@cache
def _host() -> Host:
    return look_around()


async def _run_node(stop: asyncio.Event) -> None:
    host = _host()
    conf().run_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    node = await in_database(
        nodes.register,
        conf().effective_node_name,
        version=VERSION,
        platform=host.platform,
        accelerator=host.settings.accelerator,
        notice=host.notice,
        missing=host.missing,
        qemu_version=host.qemu_version,
        vcpus=os.cpu_count() or 0,
        memory_mb=memory((PROC / "meminfo").read_text("ascii"))[0] // MB,
    )
    sockets = Vsock() if host.settings.vsock else None
    worker = NodeWorker(node, QemuDriver(conf().run_path, host.settings), sockets)
    ended = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    listening = asyncio.create_task(
        messages.listen(node.pk, worker.wake, ended, worker.wake_images, worker.wake_reload)
    )
    looking = asyncio.create_task(watch_host(node.pk))
    try:
        done, _ = await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        looking.cancel()
        ended.set()
        stop_now = not running.done()
        if stop_now:
            running.cancel()
        await asyncio.gather(running, listening, looking, return_exceptions=True)
