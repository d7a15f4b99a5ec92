"""Clients who ask for whatever comes to their minds, and count what they are answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.faults.chaos.plan import Step
from tests.faults.scenarios_of_folders import IMAGE, TAG
from tests.faults.server import FaultServer
from tests.faults.story import COMPOSE, GPU

CUT = "cut off, or nobody there"
MAX_VMS = 8
FIRST_PORT = 15_000


@dataclass
class Answers:
    """What all clients were answered; each 500 in full."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, answer: httpx.Response | None, took_s: float) -> None:
        with self.lock:
            self.counts[method, CUT if answer is None else str(answer.status_code)] += 1
            self.longest_s = max(self.longest_s, took_s)
            if answer is not None and answer.status_code == 500:
                self.faults.append(f"{method}: {answer.text[:300]}")


class Client:
    """One of them. ``began_s`` is the chaos's beginning, on the monotonic clock."""

    def __init__(self, server: FaultServer, answers: Answers, began_s: float) -> None:
        self._server, self._answers, self._began_s = server, answers, began_s

    def run(self, steps: tuple[Step, ...], stop: threading.Event) -> None:
        """Do the steps, each when it is due."""
        for step in steps:
            if stop.wait(max(0.0, self._began_s + step.at_s - time.monotonic())):
                return
            self._do(step)

    def _do(self, step: Step) -> None:
        ids = self._ids()
        method, luck = step.what, step.luck
        if method == "CreateVm" and len(ids) >= MAX_VMS:
            method = "RemoveVm"
        vm_id = ids[int(luck * len(ids))] if ids else "none"
        self._ask(method, self._request(method, vm_id, luck))

    def _request(self, method: str, vm_id: str, luck: float) -> dict[str, object]:
        match method:
            case "CreateVm":
                return self._configuration(luck)
            case "UpdateVm":
                return {"id": vm_id, "user_config": f"luck {luck}"}
            case "ResizeVm":
                return {"id": vm_id, "vcpu": 1 + int(luck * 2), "disk_size": 1 + int(luck * 3)}
            case "Status" | "ListImages" | "ReloadVms":
                return {}
            case "PullRegistryImage":
                return {"tag": TAG}
            case "DeleteImage":
                return {"id": IMAGE}
        return {"id": vm_id}

    def _configuration(self, luck: float) -> dict[str, object]:
        slots = [{"slot": GPU}] if self._server.fake and luck < 0.3 else []
        return {
            "name": f"vm-{luck:.3f}",
            "image": self._server.image,
            "compose_file": COMPOSE,
            "vcpu": 1,
            "memory": 64,
            "disk_size": 1,
            "stopped": luck > 0.8,
            # A few ports only: VMs are to want the same.
            "ports": [{"protocol": "tcp", "host_port": FIRST_PORT + int(luck * 30), "vm_port": 80}],
            "gpus": {"attach_mode": "listed", "gpus": slots},
        }

    def _ids(self) -> list[str]:
        try:
            return sorted(self._server.ids())
        except (httpx.HTTPError, ValueError, KeyError):
            return []

    def _ask(self, method: str, request: dict[str, object]) -> None:
        begin = time.monotonic()
        try:
            answer = self._server.post(method, request)
        except httpx.TransportError:
            answer = None
        self._answers.note(method, answer, time.monotonic() - begin)
