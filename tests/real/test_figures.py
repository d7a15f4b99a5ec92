"""Figures of a real guest under load: what charts and metrics tell is what the kernel and the guest say."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import ClientConnection, connect

from tests.real.console import run
from tests.real.inside import page
from tests.real.server import Server, free_port, real_server, wait_until

pytestmark = pytest.mark.real
MIB = 1 << 20
Point = dict[str, float | None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_server(tmp_path_factory.mktemp("figures") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def port() -> int:
    """Where the guest's web server is reached."""
    return free_port()


@pytest.fixture(scope="module")
def vm_id(server: Server, port: int) -> str:
    vm_id = server.create(name="loaded", ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}])
    server.until(vm_id, boot_progress="done")
    return vm_id


class Chart:
    """A browser that watches one VM."""

    def __init__(self, socket: ClientConnection, vm_id: str) -> None:
        self.socket = socket
        self.vm_id = vm_id
        socket.send(json.dumps({"type": "watch", "vms": [vm_id]}))
        history = json.loads(socket.recv(timeout=30))
        assert history["type"] == "history"
        self.columns: list[str] = history["columns"]
        self.history: list[Point] = [self._named(row) for row in history["points"]]

    def until(self, holds: Callable[[Point], Any]) -> list[Point]:
        """Live points up to the first that is so."""
        found: list[Point] = []
        while not found or not holds(found[-1]):
            assert len(found) < 30, f"it never came: {found[-3:]}"
            frame = json.loads(self.socket.recv(timeout=30))
            found.append(self._named(frame["vms"][self.vm_id]))
        return found

    def _named(self, row: list[float | None]) -> Point:
        return dict(zip(self.columns, row, strict=True))


@pytest.fixture
def chart(server: Server, vm_id: str) -> Iterator[Chart]:
    with connect(f"ws://127.0.0.1:{server.port}/ws/figures") as socket:
        yield Chart(socket, vm_id)


def known(point: Point, name: str) -> float:
    value = point[name]
    assert value is not None, point
    return value


def metric(server: Server, name: str, **labels: str) -> float:
    """One sample; 0 where there is none."""
    time.sleep(1.1)  # the text is made once a second
    text = httpx.get(f"{server.url}/metrics", timeout=30).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"dstack_vmm_{name}" and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


def cpu_s(server: Server, vm_id: str) -> float:
    """CPU time of the VM's QEMU, by the kernel."""
    stat = Path(f"/proc/{server.pid(vm_id)}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def test_a_busy_guest_shows_in_cpu(server: Server, vm_id: str, chart: Chart) -> None:
    run(server.run_dir(vm_id), "(while :; do :; done) & echo $! > /tmp/busy; sleep 3")
    now_ms = time.time() * 1000
    chart.until(lambda point: known(point, "at") > now_ms)  # none is left over from the time before
    by_kernel: list[float] = []

    def is_enough(point: Point) -> bool:
        by_kernel.append(cpu_s(server, vm_id))
        return len(by_kernel) == 6

    points = chart.until(is_enough)
    run(server.run_dir(vm_id), "kill $(cat /tmp/busy)")
    told = sum(
        known(point, "cpu") * (known(point, "at") - known(before, "at")) / 1000
        for before, point in itertools.pairwise(points)
    )
    assert told == pytest.approx(by_kernel[-1] - by_kernel[0], rel=0.2)
    busy = known(points[-1], "cpu")
    assert points[-1]["cpu_share"] == busy, "one vCPU"
    chart.until(lambda point: known(point, "cpu") < busy / 2)


def test_what_the_guest_writes_shows_in_disk(server: Server, vm_id: str, chart: Chart) -> None:
    vm = {"vm_id": vm_id, "vm_name": "loaded"}
    before = metric(server, "vm_disk_written_bytes_total", **vm)
    used_before = known(chart.until(lambda point: point["disk_read"] is not None)[-1], "disk_used")
    run(server.run_dir(vm_id), "dd if=/dev/zero of=/data/load bs=1M count=64; sync")
    points = chart.until(lambda point: known(point, "disk_used") >= used_before + 60 * MIB)
    assert any(known(point, "disk_written") > 0 and known(point, "disk_writes") > 0 for point in points)
    chart.until(lambda point: point["disk_written"] == 0)
    written = metric(server, "vm_disk_written_bytes_total", **vm) - before
    assert 64 * MIB <= written < 96 * MIB
    disk = server.run_dir(vm_id) / "hda.img"
    assert metric(server, "vm_disk_used_bytes", **vm) == disk.stat().st_blocks * 512


def test_memory_is_what_the_kernel_says(server: Server, vm_id: str, chart: Chart) -> None:
    told = known(chart.until(lambda point: True)[-1], "memory")
    status = Path(f"/proc/{server.pid(vm_id)}/status").read_text()
    anonymous = int(status.split("RssAnon:")[1].split()[0]) * 1024
    assert told == pytest.approx(anonymous, rel=0.1)
    assert 64 * MIB < told < 1024 * MIB


def test_traffic_is_what_the_guest_itself_counts(server: Server, vm_id: str, port: int, chart: Chart) -> None:
    count = "cat /sys/class/net/e*/statistics/rx_bytes"
    labels = {"vm_id": vm_id, "reported_by": "guest"}

    def told() -> float:
        return metric(server, "vm_network_received_bytes_total", **labels)

    wait_until("the guest's word", told)
    before = int(run(server.run_dir(vm_id), count))
    for _ in range(20):
        page(port, "/")
    after = int(run(server.run_dir(vm_id), count))
    assert after > before + 1000
    wait_until("its newest word", lambda: told() >= after)
    assert told() <= int(run(server.run_dir(vm_id), count))
    point = chart.until(lambda point: point["guest_received"] is not None)[-1]
    assert point["received"] is None, "the host counts nothing of user-mode networking"


def test_the_past_is_there_for_who_comes_later(server: Server, vm_id: str, chart: Chart) -> None:
    times = [known(point, "at") for point in chart.history]
    assert len(times) >= 2
    assert times == sorted(times)
    assert all(at > time.time() * 1000 - 3_600_000 for at in times)
    assert min(after - before for before, after in itertools.pairwise(times)) > 8000, "one each ten seconds"
