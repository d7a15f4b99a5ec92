"""What befalls a server and its guests. Each fate lasts for a while, and is then lifted."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults import replaced
from tests.faults.chaos.plan import Step
from tests.faults.invariants import Host
from tests.faults.server import FaultServer, processes_below
from vms.hypervisor.fake import FakeDriver

CLOCK_JUMPS_S = (-3600, -30, 30, 3600, 86_400)
SPARE_DESCRIPTORS = 2


class Fates:
    """``happened`` counts them; ``died`` are the times that the server ended without being killed."""

    def __init__(self, server: FaultServer) -> None:
        self._server = server
        self._data = server.data
        self.happened: Counter[str] = Counter()
        self.died: list[str] = []

    def befall(self, step: Step) -> None:
        """Have that happen, with what comes besides, and lift it again."""
        with self._fate(step.what, step.luck):
            if step.also:
                with self._fate(step.also, step.luck):
                    time.sleep(step.lasts_s / 2)
            time.sleep(step.lasts_s / 2)
        self.see_to_the_server()

    def see_to_the_server(self) -> None:
        """Start it again if it is gone, as systemd would."""
        process = self._server.process
        assert process is not None
        if process.poll() is None:
            return
        if process.returncode not in (0, -signal.SIGKILL):
            self.died.append(f"exit code {process.returncode}: {self._server.said()[-600:]}")
        with contextlib.suppress(AssertionError):
            self._server.start()

    @contextlib.contextmanager
    def _fate(self, what: str, luck: float) -> Iterator[None]:
        self.happened[what] += 1
        match what:
            case "kill the server":
                self._server.kill()
                yield
                self.see_to_the_server()
            case "end the server":
                assert self._server.process is not None
                self._server.process.terminate()
                yield
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._server.process.wait(40)
                self.see_to_the_server()
            case "kill a guest":
                self._kill_guest(luck)
                yield
            case "freeze a guest":
                with self._frozen(luck):
                    yield
            case "kill a shim":
                self._kill_beside("sh", luck)
                yield
            case "kill a TPM":
                self._kill_beside("swtpm", luck)
                yield
            case "fill the disk":
                with self._full():
                    yield
            case "make the run path read-only":
                with self._read_only(self._data / "vm"):
                    yield
            case "lock the database":
                with self._locked():
                    yield
            case "jump the clock":
                jump_s = CLOCK_JUMPS_S[int(luck * len(CLOCK_JUMPS_S))]
                with self._flag(replaced.CLOCK, str(jump_s)):
                    yield
            case "take the file descriptors":
                with self._few_descriptors():
                    yield
            case "take the pids":
                with self._flag(replaced.NO_PIDS):
                    yield
            case "drop messages":
                with self._flag(replaced.DROPS):
                    yield

    # -- guests

    def _guests(self) -> list[tuple[str, int]]:
        processes = Host(self._data, fake=self._server.fake).processes()
        return sorted((vm_id, pid) for vm_id, pids in processes.items() for pid in pids)

    def _kill_guest(self, luck: float) -> None:
        guests = self._guests()
        if not guests:
            return
        vm_id, pid = guests[int(luck * len(guests))]
        with contextlib.suppress(ProcessLookupError, RuntimeError, OSError):
            if self._server.fake:
                FakeDriver(self._data / "vm").die(vm_id)
            else:
                os.kill(pid, signal.SIGKILL)

    @contextlib.contextmanager
    def _frozen(self, luck: float) -> Iterator[None]:
        guests = self._guests()
        pid = guests[int(luck * len(guests))][1] if guests else None
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGSTOP)
        yield
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGCONT)

    def _kill_beside(self, program: str, luck: float) -> None:
        pids = [pid for pid in processes_below(self._data / "vm") if _name(pid) == program]
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(sorted(pids)[int(luck * len(pids))], signal.SIGKILL)

    # -- the host

    @contextlib.contextmanager
    def _full(self) -> Iterator[None]:
        ballast = self._data / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        yield
        ballast.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _read_only(self, folder: Path) -> Iterator[None]:
        """By a mount over it: the rights of files don't hold for root."""
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
        subprocess.run(["umount", "--lazy", folder], check=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with contextlib.closing(sqlite3.connect(self._data / "vmm.sqlite3", timeout=5)) as database:
            with contextlib.suppress(sqlite3.OperationalError):
                database.execute("BEGIN IMMEDIATE")
            yield
            database.rollback()

    @contextlib.contextmanager
    def _few_descriptors(self) -> Iterator[None]:
        process = self._server.process
        assert process is not None
        try:
            pid = process.pid
            taken = max(int(number) for number in os.listdir(f"/proc/{pid}/fd"))
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE, (taken + SPARE_DESCRIPTORS, 4096))
        except (OSError, ValueError):
            yield
            return
        yield
        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(before[0], 4096), 4096))

    @contextlib.contextmanager
    def _flag(self, name: str, content: str = "") -> Iterator[None]:
        """What the server under test looks for; see ``replaced``."""
        with contextlib.suppress(OSError):
            (self._data.parent / name).write_text(content)
        yield
        (self._data.parent / name).unlink(missing_ok=True)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
