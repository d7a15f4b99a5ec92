"""Two nodes on one database: this process, and another one behind a real port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from tests.access.people import token_of
from tests.across.other_node import sockets_of
from tests.guest.unix_sockets import UnixSockets
from tests.in_process import InProcess
from tests.real.server import ROOT, free_port
from tests.rows import make_vm
from vms.choices import Actual, Desired
from vms.database import in_database, now_ms
from vms.hypervisor.rundir import RunDir
from vms.models import Node, Vm

SECRET = "the secret of a fleet of two nodes"
NAME, PK = "far-away", 4711
TOO_LONG_AGO_MS = 60_000


class OtherNode:
    """The other node's process. It can be stopped, killed, and started again on the same port."""

    def __init__(self, data: Path, database: str) -> None:
        self.data = data
        self.run_path = data / "vm"
        self.port = free_port(below=30_000)
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("VMM_", "DJANGO_"))},
            "DJANGO_SETTINGS_MODULE": "tests.across.node_settings",
            "VMM_TEST_DATABASE": database,
            "VMM_DATA": str(data),
            "VMM_RUN_PATH": str(self.run_path),
            "VMM_NODE_NAME": NAME,
            "VMM_AUTH__ENABLED": "true",
            "VMM_FLEET__SECRET": SECRET,
            "VMM_FLEET__ADDRESS": self.address,
        }
        self.process: subprocess.Popen[str] | None = None

    @property
    def identity(self) -> str:
        return (self.data / "node-id").read_text().strip()

    @property
    def sockets(self) -> UnixSockets:
        return sockets_of(self.data)

    def start(self) -> None:
        with (self.data / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.across.other_node", str(self.port), str(PK)],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == "ready\n", (self.data / "output.log").read_text()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass
class Pair:
    """``here`` is asked; what it is asked about is at ``there``."""

    here: InProcess
    there: OtherNode

    async def announce(self, **changed: Any) -> None:
        """Write the other node's row, as its worker does; its heartbeat lasts as long as the test."""
        row = {
            "name": NAME,
            "identity": self.there.identity,
            "address": self.there.address,
            "heartbeat_at_ms": now_ms() + 3_600_000,
        }
        await in_database(Node.objects.update_or_create, pk=PK, defaults=row | changed)

    async def vm(self, *, log: bytes = b"", **changed: Any) -> RunDir:
        """The folder of a VM that is there, and runs as far as its row goes."""

        def make() -> Vm:
            values = {"node": Node.objects.get(pk=PK), "desired": Desired.RUNNING, "actual": Actual.ON}
            return make_vm(**values | changed)

        made = await in_database(make)
        run_dir = RunDir(self.there.run_path / made.pk)
        run_dir.path.mkdir(parents=True)
        run_dir.serial_log.write_bytes(log)
        return run_dir


async def token_headers(user_id: int) -> dict[str, str]:
    """That user's, with a new token."""
    token = await in_database(lambda: token_of(User.objects.get(pk=user_id)))
    return {"authorization": f"Bearer {token}"}
