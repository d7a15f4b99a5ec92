"""Two ways to the database that every room shares: one writer at a time, and off the loop.

SQLite has one writer. Threads that queue on its file lock poll with growing sleeps (worst
wait 5 s measured); queueing on a lock of our own makes that 0.4 s and never times out.
PostgreSQL has many, in many processes: what is looked at before it is written is a turn there.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection, transaction

from vms import telemetry

P = ParamSpec("P")
T = TypeVar("T")

_writer = threading.RLock()
_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")


@contextmanager
def writing() -> Iterator[None]:
    """A write transaction; commits at the end, then runs what was left for ``on_commit``."""
    if connection.vendor != "sqlite":
        with transaction.atomic():
            yield
        return
    is_inner, asked_at = connection.in_atomic_block, time.perf_counter()
    with _writer:
        if not is_inner:
            telemetry.DATABASE_WAIT.observe(time.perf_counter() - asked_at)
        with transaction.atomic():
            yield


def take_turn(what: str) -> None:
    """Inside ``writing``: until it ends, nobody else on any node has the turn of that name.

    For what is looked at before it is written, where no constraint says that it holds. On SQLite
    there is one writer anyway. Who needs several takes them in the order of their names.
    """
    if connection.vendor == "sqlite":
        return
    key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the ORM on the database thread; the loop goes on meanwhile.

    There, too, whoever acts here acts: the context goes along.
    """

    def call() -> T:
        close_old_connections()
        return function(*args, **kwargs)

    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_pool, context.run, call)


def now_ms() -> int:
    """Milliseconds since 1970, the unit of every stored time."""
    return time.time_ns() // 1_000_000


def common_now_ms() -> int:
    """The same by one clock for all who share the database: its own."""
    if connection.vendor == "sqlite":
        return now_ms()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        found: int = cursor.fetchone()[0]
    return found
