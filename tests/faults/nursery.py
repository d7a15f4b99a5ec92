"""A process that has imported everything, and forks a server or a command off whenever it is told to.

To import takes most of a start, and the tests start hundreds. On stdin and stdout it speaks a JSON
line each way: ``{"argv": […], "log": path}`` is answered by a pid, ``{"poll": pid}`` by its exit code,
null while it lives. It ends with its stdin.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.faults.executioner import begin

EVERYTHING = (
    *("vmm_site.urls", "vmm_site.handler", "vmm_site.origin", "vms.worker.service", "vms.live.routing"),
    *("vms.management.commands.serve", "vms.management.commands.import_vms", "vms.access.middleware"),
)


class Child:
    """A process that a nursery forked off, handled like a ``Popen``."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return code

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:  # until it was asked for, not even a dead one's pid is given anew
            os.kill(self.pid, number)


class Nursery:
    """The way to one; ``environment`` is that of all that it forks off."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=root,
            env=dict(environment) | {"DJANGO_SETTINGS_MODULE": "tests.faults.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, argv: tuple[str, ...], log: Path) -> Child:
        """Start ``manage.py`` with these arguments; what it says goes to the end of ``log``."""
        return Child(self, self.ask({"argv": argv, "log": str(log)}))

    def ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    begin()
    import django

    django.setup()
    for module in EVERYTHING:
        import_module(module)
    assert "twisted.internet.reactor" not in sys.modules, "an event loop must not be shared by forks"
    codes: dict[int, int | None] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if "argv" in question:
            pid = os.fork()
            if pid == 0:
                _be(question["argv"], question["log"])
            codes[pid] = None
            answer: int | None = pid
        else:
            answer = _code(codes, question["poll"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _code(codes: dict[int, int | None], pid: int) -> int | None:
    if codes[pid] is None:
        ended, status = os.waitpid(pid, os.WNOHANG)
        codes[pid] = os.waitstatus_to_exitcode(status) if ended else None
    return codes[pid]


def _be(argv: list[str], log: str) -> None:
    """Be that command, in a process that was just forked off; never returns."""
    from django.core.management import execute_from_command_line

    from tests.faults import replaced

    code = 1
    try:
        random.seed()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if argv[0] == "serve":
            replaced.prepare(Path(os.environ["VMM_DATA"]), fake=os.environ.get("VMM_TEST_DRIVER") == "fake")
        execute_from_command_line(["manage.py", *argv])
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
