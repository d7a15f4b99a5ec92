"""``script/bench hostile``: what a guest that was taken over costs the other VMs, the memory and the disk.

One real server, two real guests. The other VM is asked about again and again while the first
is quiet, only uses its CPU, floods its event port, and has its agent answer without end or
never. Compare with the guest that only uses its CPU: on few cores that alone is felt.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson

from tests.bench.client import Client, Request
from tests.bench.result import p99
from tests.real import hostile
from tests.real.hostile import FLOOD, MIB, Footprint, footprint
from tests.real.server import Server, real_server, wait_until

QUIET_S = 20.0
PAUSE_S = 0.02
"""Between two requests of a kind: a console that looks often, not a load of its own."""
AGENTS = {"agent answers without end": "exec yes >&3", "agent never answers": "exec sleep 1000000"}
JSON = {"Content-Type": "application/json"}
Say = Callable[[str], None]


@dataclass
class Phase:
    """What was measured in one phase: times in ms by kind of request, and the most that was held."""

    name: str
    times_ms: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    footprints: list[Footprint] = field(default_factory=list)


class Others:
    """Ask for another VM from a thread of each kind, until left."""

    def __init__(self, server: Server, other: str, phase: Phase) -> None:
        self._server = server
        self._phase = phase
        self._over = threading.Event()
        asked: dict[str, Request] = {
            "GetInfo": Request.of("documented", "GetInfo", {"id": other}),
            "Status": Request.of("documented", "Status", {}),
            "guest/Info": Request("Info", "/guest/Info", JSON, orjson.dumps({"id": other})),
            "UpdateVm": Request.of("documented", "UpdateVm", {"id": other, "user_config": "x"}),
        }
        self._asked = asked
        self._threads = ThreadPoolExecutor(len(asked))
        self._asking: list[Future[None]] = []

    def __enter__(self) -> None:
        self._asking = [self._threads.submit(self._ask, *each) for each in self._asked.items()]

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._threads.shutdown()
        for each in self._asking:
            each.result()

    def _ask(self, name: str, request: Request) -> None:
        client, times = Client(self._server), self._phase.times_ms.setdefault(name, [])
        while not self._over.wait(PAUSE_S):
            began = time.perf_counter()
            client.send(request)
            times.append((time.perf_counter() - began) * 1000)


@contextmanager
def measured(server: Server, vm_id: str, other: str, name: str) -> Iterator[Phase]:
    phase = Phase(name, footprints=[footprint(server, vm_id)])
    began = time.perf_counter()
    with Others(server, other, phase):
        yield phase
    phase.seconds = time.perf_counter() - began
    phase.footprints.append(footprint(server, vm_id))


def watch(server: Server, vm_id: str, phase: Phase, until: Callable[[], bool]) -> None:
    """Look at what the server holds until it is over."""
    while not until():
        phase.footprints.append(footprint(server, vm_id))
        time.sleep(0.1)


def lasting(seconds: float) -> Callable[[], bool]:
    ends = time.perf_counter() + seconds
    return lambda: time.perf_counter() > ends


def booted(server: Server, name: str) -> str:
    vm_id = server.create(name=name)
    server.until(vm_id, boot_progress="done")
    wait_until("the agent", lambda: ask_agent(server, vm_id) == 200)
    return vm_id


def ask_agent(server: Server, vm_id: str) -> int:
    return httpx.post(f"{server.url}/guest/SysInfo", json={"id": vm_id}, timeout=60).status_code


def measure_hostile(mebibytes: int, say: Say) -> None:
    """The whole comparison, told line by line."""
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as name, real_server(Path(name) / "data") as server:
        vm_id, other = booted(server, "hostile"), booted(server, "other")
        run_dir = server.run_dir(vm_id)
        hostile.take_over(run_dir)
        phases = []
        with measured(server, vm_id, other, "quiet") as phase:
            watch(server, vm_id, phase, lasting(QUIET_S))
        phases.append(phase)
        hostile.burn(run_dir)
        with measured(server, vm_id, other, "only uses its CPU") as phase:
            watch(server, vm_id, phase, lasting(QUIET_S))
        phases.append(phase)
        hostile.stop_burning(run_dir)
        times = -(-mebibytes * MIB // FLOOD)
        with measured(server, vm_id, other, f"floods {times * FLOOD / MIB:.0f} MiB of events") as phase:
            hostile.flood(run_dir, times)
            watch(server, vm_id, phase, lambda: hostile.is_over(run_dir))
        phases.append(phase)
        for what, script in AGENTS.items():
            hostile.replace_agent(run_dir, script)
            with measured(server, vm_id, other, what) as phase, asking(server, vm_id):
                watch(server, vm_id, phase, lasting(QUIET_S))
            phases.append(phase)
        tell(say, phases)


@contextmanager
def asking(server: Server, vm_id: str) -> Iterator[None]:
    """Somebody watches the hostile VM's page: its agent is asked again and again."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            ask_agent(server, vm_id)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def tell(say: Say, phases: list[Phase]) -> None:
    quiet, busy = phases[0].times_ms, phases[1].times_ms
    say(f"{'the guest':26} {'asked':11} {'times':>6} {'p50':>9} {'p99':>9} {'to quiet':>9} {'to CPU':>7}")
    for phase in phases:
        for kind, times in sorted(phase.times_ms.items()):
            slowest = p99(times)
            ratios = f"{slowest / p99(quiet[kind]):8.1f}x {slowest / p99(busy[kind]):6.1f}x"
            middle = statistics.median(times)
            say(f"{phase.name:26} {kind:11} {len(times):6} {middle:6.1f} ms {slowest:6.1f} ms {ratios}")
    for phase in phases:
        memory = [one.memory / MIB for one in phase.footprints]
        rows, file = (max(each) for each in zip(*((f.rows, f.file) for f in phase.footprints), strict=True))
        say(
            f"{phase.name:26} {phase.seconds:4.0f} s: memory {memory[0]:.0f} MiB, at most "
            f"{max(memory) - memory[0]:+.1f}; {rows} events kept; event file at most {file / MIB:.1f} MiB"
        )
