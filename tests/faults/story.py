"""One VM's story on one server: what it is made of, what befalls it, and what must be so in the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.invariants import Host
from tests.faults.server import OBEDIENT_IMAGE, FaultServer
from tests.hypervisor.machines import tell
from tests.real.server import free_port, wait_until
from vms.hypervisor.base import ExitReason
from vms.hypervisor.fake import FakeDriver

GPU = "01:00.0"
COMPOSE = '{"manifest_version": 2, "name": "app", "runner": "docker-compose", "key_provider": "tpm"}'
"""With a TPM, so that a real guest has an swtpm beside it."""
PATTERN = "0x5a 1M 64k"
"""What the user keeps on a real disk, as qemu-io says it."""


@dataclass
class Story:
    """``vm_id`` is the VM that it is about, empty until there is one."""

    server: FaultServer
    vm_id: str = ""
    tag: str = ""
    obedient: bool = False
    """Does its guest power off when it is told to? That costs a core."""
    values: dict[str, Any] = field(default_factory=dict)
    answer: httpx.Response | None = None
    """What the last request about it was answered."""
    listener: socket.socket | None = None

    @property
    def host(self) -> Host:
        return Host(self.server.data, fake=self.server.fake)

    @property
    def directory(self) -> Path:
        return self.server.run_dir(self.vm_id)

    @property
    def pids(self) -> list[int]:
        return self.host.processes().get(self.vm_id, [])

    def configuration(self) -> dict[str, Any]:
        """What the VM is created with; the same at every try. Only a fake guest can have a GPU here."""
        self.values = self.values or {
            "name": "my-app",
            "image": OBEDIENT_IMAGE if self.obedient else self.server.image,
            "compose_file": COMPOSE,
            "vcpu": 1,
            "memory": 64,
            "disk_size": 1,
            "ports": [{"protocol": "tcp", "host_port": free_port(), "vm_port": 80}],
            "gpus": {"attach_mode": "listed", "gpus": [{"slot": GPU}] if self.server.fake else []},
        }
        return self.values

    def create(self, **changed: Any) -> None:
        self.vm_id = self.server.create(**self.configuration() | changed)

    def status(self) -> str:
        """The wire's word, ``none`` where there is no such VM."""
        info = self.server.post("GetInfo", {"id": self.vm_id}).json()["info"] if self.vm_id else None
        return "none" if info is None else str(info["status"])

    def why(self) -> str:
        """What the VM, or the last answer about it, says of a failure."""
        answered = "" if self.answer is None else self.answer.text
        info = self.server.post("GetInfo", {"id": self.vm_id}).json()["info"] if self.vm_id else None
        return f"{answered} {info and info['boot_error']}\n{self.server.said()}"

    # -- fate

    def crash(self) -> None:
        """The guest's process is killed from outside."""
        if self.server.fake:
            self._fake().die(self.vm_id)
        else:
            [pid] = self.pids
            os.kill(pid, signal.SIGKILL)

    def power_off_inside(self) -> None:
        """The guest switches itself off; a real one must be obedient."""
        if self.server.fake:
            self._fake().die(self.vm_id, ExitReason.GUEST_SHUTDOWN, 0)
        else:
            asyncio.run(tell(self.directory, b"o"))

    def _fake(self) -> FakeDriver:
        return FakeDriver(self.server.data / "vm")

    def take_its_port(self) -> None:
        """Listen on the host's port that leads to the VM, until the story ends."""
        port = self.configuration()["ports"][0]["host_port"]
        self.listener = socket.create_server(("127.0.0.1", port))

    def let_go(self) -> None:
        """Hold nothing of the host any more."""
        if self.listener is not None:
            self.listener.close()

    # -- the user's data

    def keep_something(self) -> None:
        """Write on the disk of a VM that is off."""
        if self.server.fake:
            (self.directory / "hda.img").write_bytes(os.urandom(4096))
            self.values["kept"] = (self.directory / "hda.img").read_bytes()
        else:
            self._qemu_io(f"write -P {PATTERN}")
            self.values["kept"] = True

    def has_kept(self) -> bool:
        """Whether it is there still. Of a VM that is off."""
        if "kept" not in self.values:
            return True
        if self.server.fake:
            return bool((self.directory / "hda.img").read_bytes() == self.values["kept"])
        return "Pattern verification failed" not in self._qemu_io(f"read -P {PATTERN}", "-r")

    def _qemu_io(self, command: str, *options: str) -> str:
        done = subprocess.run(
            ["qemu-io", "-f", "qcow2", *options, "-c", command, self.directory / "hda.img"],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    # -- rest

    def comes_to_rest(self, *, may_be_stranger: bool = False) -> None:
        """Wait until nothing is pending any more, then hold the three truths against each other."""
        host = self.host
        stranger = {f"directory {self.vm_id} belongs to no VM", f"VM {self.vm_id} has no directory"}

        def violations() -> list[str]:
            return [one for one in host.violations() if not (may_be_stranger and one in stranger)]

        try:
            wait_until("it comes to rest", lambda: not host.unrest(), 40)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{host.unrest()}") from None
        # A row is at rest a moment before the last file is written: looked at again, for a while.
        with contextlib.suppress(AssertionError):
            wait_until("the truths agree", lambda: not violations(), 5)
        assert violations() == []

    def ends(self) -> None:
        """Everything is removed as a client would, and nothing is left of it."""
        server = self.server
        for vm_id in server.ids():
            server.done("RemoveVm", vm_id)
        kept = {server.image, OBEDIENT_IMAGE}
        for name in {path.name for path in (server.data / "image").iterdir()} - kept:
            if not name.startswith("."):
                server.done("DeleteImage", name)
        for (name,) in self.host.query("SELECT name FROM vms_pull"):
            server.done("DeleteImage", name)
        self.comes_to_rest()
        assert self.host.directories() == []
