"""A real server process with real QEMU guests, on a data folder and ports of the test's own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.demo_image import demo_image_dir

ROOT = Path(__file__).resolve().parent.parent.parent
START_S = 30.0
T = TypeVar("T")


def free_port(*, below: int = 20_000) -> int:
    """A TCP port that nobody has now and that VMs may map."""
    for port in range(10_000 + os.getpid() % 5_000, below):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


def wait_until(what: str, look: Callable[[], T], timeout_s: float = 60.0) -> T:
    """The first true value that ``look`` returns; fails with the last it returned."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s:g} s; last seen: {seen!r}")
        time.sleep(0.05)
    return seen


def is_alive(pid: int) -> bool:
    """Whether that process runs; a zombie doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server:
    """``manage.py serve`` in a process of its own. It can be killed and started again.

    ``environment`` holds the operator's settings, and may be changed between two starts; with a login,
    ``token`` is whom it is asked as.
    """

    program: tuple[str, ...] = ("manage.py",)

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "server-output.log"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("VMM_", "DJANGO_"))}
        self.environment |= {"VMM_DATA": str(data), "VMM_PORT": str(self.port), "VMM_HOST": "127.0.0.1"}
        self.environment |= settings or {}
        self.process: subprocess.Popen[bytes] | None = None
        self.token = ""
        (data / "image").mkdir(parents=True)
        self.image = self.lay_out_image(data / "image")
        self.manage("migrate", "--no-input")

    def lay_out_image(self, images: Path) -> str:
        """Put the guests' image into that folder; its name."""
        image = demo_image_dir()
        (images / image.name).symlink_to(image)
        return image.name

    def command(self, *words: str) -> list[str]:
        """How such a management command is run."""
        return [sys.executable, *self.program, *words]

    def manage(self, *command: str) -> None:
        """Run a management command to its end."""
        done = subprocess.run(
            self.command(*command),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(command)}:\n{done.stderr[-3000:]}"

    def start(self) -> None:
        """Start, and wait until it would act on requests."""
        self.launch()
        wait_until("healthz", self._is_ready, START_S)

    def launch(self) -> None:
        """Start, and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve"),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """kill -9: no chance to put anything in order."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """SIGTERM, as an operator ends it; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=40)

    def post(self, method: str, request: Any = None, timeout: float = 60) -> httpx.Response:
        """A method in documented JSON."""
        # Without TLS: to read the host's certificates for each call costs 25 ms of CPU.
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.url}/prpc/{method}"
        return httpx.post(url, json=request or {}, headers=headers, timeout=timeout, verify=False)

    def create(self, **changed: Any) -> str:
        """Create a VM that must succeed; its id."""
        compose = (
            '{"manifest_version": 2, "name": "hello", "runner": "docker-compose", "docker_compose_file": ""}'
        )
        request = {
            "name": "real",
            "image": self.image,
            "compose_file": compose,
            "vcpu": 1,
            "memory": 256,
            "disk_size": 1,
        }
        response = self.post("CreateVm", request | changed)
        assert response.status_code == 200, response.text
        vm_id: str = response.json()["id"]
        return vm_id

    def done(self, method: str, vm_id: str, **fields: Any) -> None:
        """A method that must answer 204."""
        response = self.post(method, {"id": vm_id} | fields)
        assert (response.status_code, response.content) == (204, b""), response.text

    def info(self, vm_id: str) -> dict[str, Any]:
        """GetInfo of a VM that must exist."""
        info: dict[str, Any] = self.post("GetInfo", {"id": vm_id}).json()["info"]
        assert info is not None, f"no VM {vm_id}"
        return info

    def until(self, vm_id: str, timeout_s: float = 90, **wanted: Any) -> dict[str, Any]:
        """Wait until the VM's info has these values."""

        def look() -> dict[str, Any] | None:
            last.update(info := self.info(vm_id))
            return info if all(info[name] == value for name, value in wanted.items()) else None

        last: dict[str, Any] = {}
        try:
            found = wait_until(f"{wanted}", look, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; the VM is {last}") from None
        assert found is not None
        return found

    def events(self, vm_id: str) -> list[tuple[str, str]]:
        return [(event["event"], event["body"]) for event in self.info(vm_id)["events"]]

    def run_dir(self, vm_id: str) -> Path:
        return self.data / "vm" / vm_id

    def pid(self, vm_id: str) -> int | None:
        """The pid of the VM's QEMU, by its own pidfile; None where none runs."""
        try:
            pid = int((self.run_dir(vm_id) / "qemu.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if is_alive(pid) else None

    def qemus(self) -> list[int]:
        """Pids of every QEMU that works in this server's run directory."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                is_qemu = b"qemu-system" in (entry / "cmdline").read_bytes().split(b"\0")[0]
                if is_qemu and Path(os.readlink(entry / "cwd")).is_relative_to(self.data / "vm"):
                    found.append(int(entry.name))
        return [pid for pid in found if is_alive(pid)]

    def clean_up(self) -> None:
        """End the server and every guest of it."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for pid in self.qemus():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended at once:\n{self.log.read_text()[-3000:]}")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5, verify=False).status_code == 200
        except httpx.TransportError:
            return False


@contextlib.contextmanager
def real_server(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A started server; nothing of it is left at the end."""
    server = Server(data, settings)
    try:
        server.start()
        yield server
    finally:
        server.clean_up()
