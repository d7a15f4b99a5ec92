"""Another node of a test, in a process of its own: ``python -m tests.across.other_node PORT NODE_PK``.

It serves the real application by the real server; its guests are at the other end of Unix sockets, and its
VMs' folders hold what the test writes there.
"""

from __future__ import annotations

from vmm_site.asgi import application

from vmm_site.serving import Plan, leave, run  # isort: skip

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from tests.figures.test_points import FIRST
from tests.guest.unix_sockets import UnixSockets
from vmm_site.endpoints import Tcp
from vms.access import keeper
from vms.conf import conf
from vms.figures.board import board
from vms.guest import agents
from vms.guest.agents import Agents
from vms.hypervisor.fake import FakeDriver
from vms.live import guard
from vms.live.hub import hub
from vms.worker.agents import Connector

QUICKLY_S = 0.1


def sockets_of(data: Path) -> UnixSockets:
    """Where that node's guests are."""
    folder = data / "v"
    folder.mkdir(exist_ok=True)
    return UnixSockets(folder)


def main() -> None:
    port, node_pk = (int(argument) for argument in sys.argv[1:])
    guard.ASK_AGAIN_S = QUICKLY_S  # type: ignore[attr-defined]
    driver = FakeDriver(conf().run_path)

    async def guests(stop: asyncio.Event) -> None:
        agents.announce(node_pk, Agents(Connector(driver, sockets_of(conf().data_dir))))
        await stop.wait()

    async def figures(stop: asyncio.Event) -> None:
        """A core more is used from reading to reading."""
        number = 0
        while not stop.is_set():
            number += 1
            for folder in conf().run_path.glob("*"):
                read = replace(
                    FIRST, at_ms=number * 10_000, taken_s=number * 10.0, cpu_s=number * number * 5.0
                )
                board.add_vm(folder.name, read)
            await asyncio.sleep(QUICKLY_S)

    services = [("hub", hub.run), ("audit log", keeper.run), ("guests", guests), ("figures", figures)]
    leave(
        run(
            Plan(
                application=application,
                services=services,
                endpoints=[Tcp("127.0.0.1", port)],
                data_dir=conf().data_dir,
                on_ready=lambda listening: print("ready", flush=True),  # noqa: T201 (the test reads it)
            )
        )
    )


if __name__ == "__main__":
    main()
