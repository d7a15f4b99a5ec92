"""A server process that can be made to die at a fault point, over the fake driver or QEMU."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.faults.executioner import ARMED, FIRED, MARK, TRACE
from tests.faults.nursery import Child, Nursery
from tests.faults.replaced import FAKE_SYSFS
from tests.gpus.machine import unpack
from tests.hypervisor.machines import IDLE, OBEDIENT, image, multiboot_kernel
from tests.real.server import ROOT, Server, is_alive, wait_until

DIES_WITHIN_S = 30.0
IDLE_IMAGE, OBEDIENT_IMAGE = "dstack-idle-0.5.3", "dstack-obedient-0.5.3"
SETTINGS = {
    "VMM_CVM__ACCELERATOR": "tcg",
    "VMM_CVM__AUTO_RESTART__INITIAL_BACKOFF": "0.3",
    "VMM_CVM__LOG__MAX_BYTES": "16384",
    "VMM_CVM__LOG__CHECK_INTERVAL_SECS": "0.2",
    "VMM_CVM__GPU__ENABLED": "true",
    "VMM_CVM__GPU__LISTING": "10de:2331,10de:2330",
}


class FaultServer(Server):
    """``manage.py serve`` with fault points listened to; ``fake`` says whether its guests are."""

    def __init__(
        self,
        data: Path,
        *,
        fake: bool,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.fake = fake
        self.is_well = True
        """Has every case so far ended as it should?"""
        # One for all requests: to make one reads all certificates there are.
        self._client = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._nursery: Nursery | None = None
        self._log = log
        data.mkdir(parents=True)
        (data / MARK).touch()
        unpack("h100-pcie", data / FAKE_SYSFS)
        driver = {"VMM_TEST_DRIVER": "fake"} if fake else {}
        super().__init__(data, SETTINGS | driver | dict(settings or {}))

    def lay_out_image(self, images: Path) -> str:
        lay_out_image(images, OBEDIENT_IMAGE, OBEDIENT)
        return lay_out_image(images, IDLE_IMAGE)

    def launch(self) -> None:
        child: Any = self.forked("serve")  # a Popen as far as it is used
        self.process = child

    def manage(self, *command: str) -> None:
        assert self.forked(*command).wait() == 0, self.said()

    def forked(self, *command: str) -> Child:
        """A ``manage.py`` that was forked off; it writes to the server's log."""
        if self._nursery is None:
            self.log = self._log or self.log
            self._nursery = Nursery(ROOT, self.environment)
        return self._nursery.fork(command, self.log)

    def arm(self, point: str) -> None:
        """Have the server die at ``point``, as it passes it, or ``point N``: the N-th time from now."""
        beside = self.data / f"{ARMED}.beside"
        beside.write_text(point)
        beside.replace(self.data / ARMED)

    def dies(self) -> bool:
        """Wait for the fault, which may have ended a command instead of the server; then neither lives."""
        fired = self.data / FIRED
        with contextlib.suppress(AssertionError):
            wait_until("it fires", fired.exists, DIES_WITHIN_S)
        (self.data / ARMED).unlink(missing_ok=True)
        self.kill()
        was_there = fired.exists()
        fired.unlink(missing_ok=True)
        return was_there

    @contextlib.contextmanager
    def traced(self) -> Iterator[list[str]]:
        """The points that are passed meanwhile, in order; complete at the end."""
        trace, passed = self.data / TRACE, list[str]()
        trace.touch()
        try:
            yield passed
        finally:
            passed += trace.read_text().split()
            trace.unlink()

    def post(self, method: str, request: Any = None, timeout: float = 60) -> httpx.Response:
        return self._client.post(f"{self.url}/prpc/{method}", json=request or {}, timeout=timeout)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended at once:\n{self.said()}"
        try:
            return self._client.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def cut(self, method: str, **fields: object) -> httpx.Response | None:
        """A request; None where the server died over it."""
        try:
            return self.post(method, fields)
        except httpx.TransportError:
            return None

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]

    def complaints(self) -> list[str]:
        """Errors in its log, which is begun anew. That it is not ready at first is none."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        wrong = ('"level": "error"', '"level": "critical"', "Traceback")
        return [line for line in lines if any(word in line for word in wrong) and "/healthz" not in line]

    def ids(self) -> list[str]:
        return [vm["id"] for vm in self.post("Status", {"brief": True}).json()["vms"]]

    def clean_up(self) -> None:
        """End the server and all that works in its VMs' directories."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self._client.close()
        if self._nursery is not None:
            self._nursery.close()
        for pid in processes_below(self.data / "vm"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def lay_out_image(images: Path, name: str, code: bytes = IDLE) -> str:
    """An image whose kernel is ``code``; its name."""
    folder = images / name
    folder.mkdir(parents=True)
    kernel = image(folder, code).kernel
    assert kernel.read_bytes() == multiboot_kernel(code)
    metadata = {"kernel": kernel.name, "initrd": "initrd", "version": "0.5.3", "shared_ro": True}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return name


def processes_below(folder: Path) -> dict[int, Path]:
    """Every living process that works in a folder below that one, and in which: pid to directory."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            where = Path(os.readlink(entry / "cwd").removesuffix(" (deleted)"))
            if where.is_relative_to(folder) and is_alive(int(entry.name)):
                found[int(entry.name)] = where
    return found
