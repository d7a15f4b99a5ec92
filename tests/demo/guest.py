"""A demo guest under QEMU, started by hand: no part of the server takes part, so a failure is the image's."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a guest may take for anything. Far above what it takes: other work shares the machine."""

NINEP = ("-virtfs", "local,path=shared,mount_tag=host-shared,readonly=on,security_model=mapped,id=virtfs0")
VVFAT = (
    "-blockdev", "driver=vvfat,node-name=vvfat0,read-only=on,dir=shared,label=DSTACKSHR",
    "-device", "virtio-blk-pci,drive=vvfat0",
)  # fmt: skip
DATA_DISK = ("-drive", "file=hda.img,if=none,id=hd1,format=qcow2", "-device", "virtio-blk-pci,drive=hd1")
SERIAL_BUS = ("-device", "virtio-serial-pci")
EVENTS = (
    "-chardev", "file,id=events,path=events,append=on",
    "-device", "virtserialport,chardev=events,name=dev.dstack.events",
)  # fmt: skip
UNREAD_EVENTS = (
    "-chardev", "socket,id=events,path=events.sock,server=on,wait=off",
    "-device", "virtserialport,chardev=events,name=dev.dstack.events",
)  # fmt: skip
AGENT = (
    "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off",
    "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
)  # fmt: skip


def user_network(host_port: int) -> tuple[str, ...]:
    """User-mode networking whose ``host_port`` leads to the guest's web server."""
    forward = f"hostfwd=tcp:127.0.0.1:{host_port}-:80"
    return (
        "-netdev", f"user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no,{forward}",
        "-device", "virtio-net-pci,netdev=net0",
    )  # fmt: skip


def free_port() -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class NotInTime(AssertionError):
    """What a test waited for did not happen. The text ends with the serial console's last lines."""


@dataclass
class Guest:
    """One machine in ``directory``; a context manager that leaves no process behind."""

    directory: Path
    image: Path
    devices: tuple[str, ...]
    kernel: str = "vmlinux"
    port: int = 0
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)
    _qmp: Line = field(init=False, repr=False)

    def __enter__(self) -> Self:
        metadata = json.loads((self.image / "metadata.json").read_bytes())
        command = [
            "qemu-system-x86_64", "-machine", "q35,hpet=off", "-accel", "tcg,tb-size=128", "-cpu", "max",
            "-nographic", "-nodefaults", "-smp", "1", "-m", "256M", "-no-reboot",
            "-chardev", "socket,id=com0,path=serial,server=on,wait=off,logfile=serial.log,logappend=on",
            "-serial", "chardev:com0", "-qmp", "unix:qmp.sock,server=on,wait=off", "-device", "pvpanic-pci",
            "-kernel", str(self.image / self.kernel), "-initrd", str(self.image / metadata["initrd"]),
            "-append", metadata["cmdline"], *self.devices,
        ]  # fmt: skip
        # In its own directory: the paths of sockets are short then.
        for name in ("qmp.sock", "serial", "agent.sock", "events.sock", "events", "serial.log"):
            (self.directory / name).unlink(missing_ok=True)
        with (self.directory / "stderr.log").open("wb") as errors:
            self._process = subprocess.Popen(
                command, cwd=self.directory, stdin=subprocess.DEVNULL, stderr=errors
            )
        self._qmp = Line(self, "qmp.sock")
        self._qmp.receive()
        self.qmp("qmp_capabilities")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._qmp.close()

    def qmp(self, command: str) -> Any:
        """What QEMU returns to ``command``; events in between are skipped."""
        self._qmp.send({"execute": command})
        while "return" not in (answer := self._qmp.receive()):
            assert "error" not in answer, answer
        return answer["return"]

    def ended_because(self) -> str:
        """Waits for the end of the guest and gives QEMU's reason for it, such as ``guest-shutdown``."""
        reason = ""
        while not reason:
            message = self._qmp.receive()
            if message.get("event") == "SHUTDOWN":
                reason = message["data"]["reason"]
        self._process.wait(PATIENCE_S)
        return reason

    def events(self) -> list[tuple[str, str]]:
        """(event, payload) of all whole lines that the guest has sent."""
        path = self.directory / "events"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [(line["event"], line["payload"]) for line in map(json.loads, lines)]

    def wait_until_done(self) -> None:
        """Until the guest has sent the last step of its boot."""
        self.wait_for("the end of the boot", lambda: ("boot.progress", "done") in self.events())

    def wait_for(self, what: str, look: Callable[[], T]) -> T:
        """The first true thing that ``look`` gives; OSError counts as not yet."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if found := look():
                    return found
            except OSError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise NotInTime(f"{what} did not come; the console's end:\n{self.console()[-2000:]}")

    def console(self) -> str:
        """All that came over the serial port."""
        return (self.directory / "serial.log").read_text(errors="replace")

    def run(self, shell: str, until: str) -> str:
        """Types a line at the root shell and gives the console once ``until`` stands in it."""
        with socket.socket(socket.AF_UNIX) as serial:
            serial.connect(str(self.directory / "serial"))
            serial.sendall(shell.encode() + b"\n")
            serial.setblocking(False)

            def seen() -> bool:
                # Nobody may stay connected and not read: that stalls the guest's console, and its log.
                with contextlib.suppress(BlockingIOError):
                    while serial.recv(4096):
                        pass
                return until in self.console()

            self.wait_for(until, seen)
        return self.console()

    def web(self, path: str, body: bytes | None = None) -> str:
        """What the guest's web server answers. Raises HTTPError for a refusal."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            text: str = answer.read().decode()
            return text

    def agent(self, command: str, *, answered: bool = True) -> Any:
        """What the QEMU guest agent returns; ``guest-shutdown`` is not answered."""
        line = Line(self, "agent.sock")
        line.send({"execute": "guest-sync", "arguments": {"id": 7}})
        while line.receive().get("return") != 7:
            pass
        line.send({"execute": command})
        result = line.receive()["return"] if answered else None
        line.close()
        return result


class Line:
    """JSON lines over one of QEMU's sockets."""

    def __init__(self, guest: Guest, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)

        def connected() -> bool:
            self._socket.connect(str(guest.directory / name))
            return True

        guest.wait_for(name, connected)
        self._file = self._socket.makefile("rwb", buffering=0)

    def send(self, message: dict[str, Any]) -> None:
        self._file.write(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """The next message. Raises TimeoutError, and NotInTime when QEMU closed the line."""
        line = self._file.readline()
        if not line:
            raise NotInTime("QEMU closed the connection")
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        self._file.close()
        self._socket.close()
