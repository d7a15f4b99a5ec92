"""``script/bench pull``: a large image from a real registry, beside ``curl``, ``sha256sum`` and ``tar``.

The same layer, the same disk, one run: so the ratio says what the server adds. Meanwhile
Status is asked again and again, and the server's memory is looked at.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import statistics
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import Client, Request
from tests.bench.process import resident
from tests.bench.result import p99
from tests.images.real_registry import REPOSITORY, RealRegistry, real_registry
from tests.images.tiny import FILES
from tests.prpc.wire import ENCODINGS
from tests.real.server import Server, real_server

ROUNDS = 5
VMS = 20
STATUS_S = 10.0
LOOK_S = 0.25
"""As often as a console is told of a pull. Not by ListRegistryImages, each of which asks the registry."""
PULL_S = 600.0
PAUSE_S = 0.02
"""Between two Status: a console that looks often, not a load of its own."""
GZIP_LEVEL = 1
MIB = 1 << 20


@dataclass(frozen=True)
class Pulled:
    """One pull by the server: seconds, Status times in ms meanwhile, bytes of memory that it grew by."""

    seconds: float
    status_ms: list[float]
    grown: int


def layer(size: int) -> bytes:
    """A gzipped layer that holds an image of ``size`` bytes, half of which can be packed."""
    block = random.Random(1).randbytes(MIB // 2) + bytes(MIB // 2)
    files = FILES | {"hda.img": block * (size // MIB)}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    files["sha256sum.txt"] = sums.encode()
    files["digest.txt"] = hashlib.sha256(sums.encode()).hexdigest().encode()
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=GZIP_LEVEL) as out,
        tarfile.open(fileobj=out, mode="w|") as archive,
    ):
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def by_hand(registry: RealRegistry, digest: str, folder: Path) -> float:
    """Seconds that ``curl``, ``sha256sum`` (of the layer, then of the files) and ``tar`` take, flushed."""
    url = f"http://127.0.0.1:{registry.port}/v2/{REPOSITORY}/blobs/{digest}"
    script = (
        'set -e; curl -sS -o layer "$0"; sha256sum layer >/dev/null; mkdir image; '
        "tar -xzf layer -C image; cd image; sha256sum --quiet -c sha256sum.txt; sync -f ."
    )
    with tempfile.TemporaryDirectory(dir=folder) as work:
        began = time.perf_counter()
        subprocess.run(["sh", "-c", script, url], cwd=work, check=True)
        return time.perf_counter() - began


def pull(server: Server, tag: str) -> Pulled:
    """Have the server pull ``tag``, then delete it again."""
    # A connection that is kept: to make one costs this process milliseconds in which nobody asks Status.
    client = Client(server)
    before = resident(server)
    most = before
    with StatusAsker(server) as asker:
        began = time.perf_counter()
        client.send(Request.of(ENCODINGS[0], "PullRegistryImage", {"tag": tag}))
        while not any(image["name"] == f"dstack-{tag}" for image in client.ask("ListImages", {})["images"]):
            if time.perf_counter() - began > PULL_S:
                raise RuntimeError(str(client.ask("ListRegistryImages", {})["images"]))
            most = max(most, resident(server))
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - began
    server.done("DeleteImage", f"dstack-{tag}")
    return Pulled(seconds, asker.times_ms, most - before)


class StatusAsker:
    """Asks Status of all VMs from a thread of its own, until left."""

    def __init__(self, server: Server) -> None:
        self.times_ms: list[float] = []
        self._client = Client(server)
        self._request = Request.of(ENCODINGS[0], "Status", {"brief": True})
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> StatusAsker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(PAUSE_S):
            began = time.perf_counter()
            self._client.send(self._request)
            self.times_ms.append((time.perf_counter() - began) * 1000)


def measure_pull(size: int, say: Callable[[str], None]) -> None:
    """The whole comparison, told line by line."""
    with tempfile.TemporaryDirectory(prefix="vmm-bench-") as name:
        folder = Path(name)
        with real_registry(folder / "registry") as registry, real_server(folder / "data") as server:
            packed = layer(size)
            digest = f"sha256:{hashlib.sha256(packed).hexdigest()}"
            registry.pusher.layers("bench", packed)
            say(f"layer: {len(packed) / MIB:.0f} MiB gzipped, {size / MIB:.0f} MiB unpacked; {ROUNDS} rounds")
            server.end()
            server.environment["VMM_IMAGE__REGISTRY"] = registry.registry
            server.start()
            for number in range(VMS):
                server.create(name=f"bench-{number}", stopped=True)
            with StatusAsker(server) as quiet:
                time.sleep(STATUS_S)
            hands, beside, pulls = [], [], []
            for _ in range(ROUNDS):
                with StatusAsker(server) as asker:
                    hands.append(by_hand(registry, digest, folder))
                beside.append(asker.times_ms)
                pulls.append(pull(server, "bench"))
            tell(say, hands, pulls, quiet.times_ms, beside)


def tell(
    say: Callable[[str], None],
    hands: list[float],
    pulls: list[Pulled],
    quiet: list[float],
    beside: list[list[float]],
) -> None:
    """``beside``: Status's times while the tools work, which says what the machine's cores have left."""
    hand, ours = statistics.median(hands), statistics.median(one.seconds for one in pulls)
    say(f"curl + sha256sum + tar + sha256sum -c: {hand:.1f} s (median)")
    say(
        f"PullRegistryImage until listed:        {ours:.1f} s (median), {hand / ours:.0%} of their throughput"
    )
    say(f"Status of {VMS} VMs, p50/p99 (medians of the rounds):")
    before = p99(quiet)
    say(f"  before             {statistics.median(quiet):.1f}/{before:.1f} ms")
    rounds = (("beside the tools", beside), ("during the pull", [one.status_ms for one in pulls]))
    for what, times in rounds:
        middle = statistics.median(map(statistics.median, times))
        slowest = statistics.median(map(p99, times))
        say(f"  {what:18} {middle:.1f}/{slowest:.1f} ms ({slowest / before:.1f}x)")
    say(f"memory grew by at most {max(one.grown for one in pulls) / MIB:.0f} MiB in a pull")
