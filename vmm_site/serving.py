"""One process on one event loop: the web server and the node's background services."""

from __future__ import annotations

# Installs the asyncio reactor, so it has to come before anything else of Twisted.
from vmm_site.listener import Server  # isort: skip

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from vmm_site.data_lock import DataDirInUse, DataDirLock
from vmm_site.endpoints import Endpoint, NotListening, Tcp
from vmm_site.port_holder import port_holder

logger = logging.getLogger("vmm.serving")

BackgroundService = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then returns soon. If it ends before, the server ends."""


@dataclass(frozen=True)
class Bounds:
    """How long the steps of an orderly end may take, in seconds."""

    answers: float = 10
    """Requests that have no answer yet."""
    streams: float = 1
    """Responses that have begun."""
    connections: float = 1
    services: float = 10
    everything: float = 30
    """Then the process ends whatever hangs."""


@dataclass(frozen=True)
class Plan:
    """What is to be served.

    ``on_locked`` is called once the data folder is ours, before anything is listened on;
    ``on_ready`` is told what is listened on, once it is; ``on_ending`` is called when that ends.
    """

    application: Any
    services: Sequence[tuple[str, BackgroundService]]
    endpoints: Sequence[Endpoint]
    data_dir: Path
    on_ready: Callable[[list[Endpoint]], None]
    on_locked: Callable[[], None] = lambda: None
    on_ending: Callable[[], None] = lambda: None
    max_body_size: int = 64 * 1024**2
    bounds: Bounds = Bounds()


def run(plan: Plan) -> int:
    """Serve until a signal or until a background service ends; the process's exit code.

    0 after SIGTERM or SIGINT, 1 if a service ended by itself, if an address is taken,
    or if another server has the data folder. VMs run on in every case.
    """
    lock = DataDirLock(plan.data_dir)
    server = Server(plan.application, max_body_size=plan.max_body_size)
    try:
        lock.take()
        plan.on_locked()
        listening = [server.listen(endpoint) for endpoint in plan.endpoints]
    except NotListening as error:
        print(f"dstack-vmm: {error}{_blame(error)}", file=sys.stderr)  # noqa: T201 (before any log)
        return 1
    except (DataDirInUse, OSError) as error:
        print(f"dstack-vmm: {error}", file=sys.stderr)  # noqa: T201
        return 1
    life = _Life(plan, server, listening)
    server.run(life.begin)
    return life.exit_code


def leave(code: int) -> NoReturn:
    """End the process now. Threads that still wait for something must not keep it."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _blame(error: NotListening) -> str:
    if not error.in_use:
        return ""
    holder = port_holder(error.endpoint.port) if isinstance(error.endpoint, Tcp) else ""
    return f", by {holder}" if holder else " (another server may be running)"


class _Life:
    """The time between the first connection and the last."""

    def __init__(self, plan: Plan, server: Server, listening: list[Endpoint]) -> None:
        self.exit_code = 0
        self._plan = plan
        self._server = server
        self._listening = listening
        self._ending = asyncio.Event()
        self._whole: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._whole = self._server.loop.create_task(self._live())

    async def _live(self) -> None:
        try:
            stop = asyncio.Event()
            tasks = [
                asyncio.create_task(_watched(name, service, stop), name=name)
                for name, service in self._plan.services
            ]
            for number in (signal.SIGTERM, signal.SIGINT):
                self._server.loop.add_signal_handler(number, self._signalled, number)
            _calm_the_collector()
            self._plan.on_ready(self._listening)
            ending = asyncio.create_task(self._ended())
            await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
            if not self._ending.is_set():
                self.exit_code = 1
                self._ending.set()
            self._bound_the_end()
            self._plan.on_ending()
            await self._end(stop, tasks)
        except Exception:
            logger.critical("the server failed", exc_info=True)
            self.exit_code = 1
        finally:
            self._server.leave_loop()

    async def _ended(self) -> None:
        await self._ending.wait()

    def _signalled(self, number: signal.Signals) -> None:
        if self._ending.is_set():
            if number is signal.SIGINT:
                leave(130)
            return
        logger.info("ending on %s; virtual machines run on", number.name)
        self._ending.set()

    async def _end(self, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
        """Step by step; a step that fails must not keep the services from ending in order."""
        bounds = self._plan.bounds
        try:
            await self._server.stop_listening()
            if cut := await self._server.drain(bounds.answers, bounds.streams):
                logger.warning("%d requests were cut off", cut)
            await self._server.close_connections(bounds.connections)
        except Exception:
            logger.exception("connections could not be closed in order")
        finally:
            stop.set()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=bounds.services)
        for task in late:
            task.cancel()
        if late:
            logger.error("%d background services did not end in time", len(late))
            await asyncio.wait(late, timeout=1)

    def _bound_the_end(self) -> None:
        """A thread of its own: it ends the process even if the loop hangs."""

        def give_up() -> None:
            logger.critical("the end took too long; leaving now")
            leave(self.exit_code or 1)

        timer = threading.Timer(self._plan.bounds.everything, give_up)
        timer.daemon = True
        timer.start()


async def _watched(name: str, service: BackgroundService, stop: asyncio.Event) -> None:
    """Run a service; should it end before it is told to, say so as loudly as can be."""
    try:
        await service(stop)
    except Exception:
        if stop.is_set():
            logger.exception("background service %s failed while ending", name)
        else:
            logger.critical("background service %s failed; the server ends", name, exc_info=True)
    else:
        if not stop.is_set():
            logger.critical("background service %s ended by itself; the server ends", name)


def _calm_the_collector() -> None:
    """What exists now lives as long as the process: looking through it again and again only delays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
