"""Another node of a test, in a process of its own: ``python -m tests.across.other_node PORT NODE_PK``.

It serves the real application by the real server; its guests are at the other end of Unix sockets, and its
VMs' folders hold what the test writes there.
"""

from __future__ import annotations

from vmm_site.asgi import application

from vmm_site.serving import Plan, leave, run  # isort: skip

import asyncio
import sys
from pathlib import Path

from tests.guest.unix_sockets import UnixSockets
from vmm_site.endpoints import Tcp
from vms.access import keeper
from vms.conf import conf
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

    leave(
        run(
            Plan(
                application=application,
                services=[("hub", hub.run), ("audit log", keeper.run), ("guests", guests)],
                endpoints=[Tcp("127.0.0.1", port)],
                data_dir=conf().data_dir,
                on_ready=lambda listening: print("ready", flush=True),  # noqa: T201 (the test reads it)
            )
        )
    )


if __name__ == "__main__":
    main()
