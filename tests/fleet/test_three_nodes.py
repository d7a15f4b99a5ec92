"""Three hosts, one fleet: what a page tells while hosts, wires and stores fail, and once they are back.

Guests are real. Whatever happens none may be lost or run twice, so each keeps the pid that it began with.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.fleet.hosts import Host
from tests.fleet.network import HUB, network
from tests.fleet.stores import Postgresql, Redis, stores
from tests.real.console_socket import console_socket
from tests.real.server import is_alive, wait_until

pytestmark = pytest.mark.real
HEALED_S = 30.0
"""Far more than healing takes, for machines that are busy."""


class Fleet:
    """Three nodes with a running guest each."""

    def __init__(self, nodes: list[Host], database: Postgresql, cache: Redis) -> None:
        self.nodes = nodes
        self.a, self.b, self.c = nodes
        self.database, self.cache = database, cache
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            wait_until("healthz", node._is_ready, 60)
        self.vms = {node.name: node.create(name=f"of-{node.name}", node=node.name) for node in self.nodes}
        self.pids = {node.name: node.pid(self.vms[node.name]) for node in self.nodes}

    def nothing_is_lost(self) -> None:
        """Each guest runs, exactly once, as it was started; and every node tells the same."""
        wanted = {f"of-{node.name}": "running" for node in self.nodes}
        for node in self.nodes:
            node.until_states(HEALED_S, a="up", b="up", c="up")
            node.until_statuses(HEALED_S, **wanted)
            assert node.qemus() == [self.pids[node.name]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("three")
    hosts: list[Host] = []
    with network() as net, stores(HUB) as (database, cache):
        url = database.make_database("three")
        try:
            hosts += [Host(net, folder, name, url, cache.url) for name in "abc"]
            yield Fleet(hosts, database, cache)
        finally:
            for host in hosts:
                host.clean_up()


def test_each_runs_its_own_and_tells_of_all(fleet: Fleet) -> None:
    assert all(fleet.pids.values())
    fleet.nothing_is_lost()


def test_a_guest_elsewhere_is_typed_to_and_read(fleet: Fleet) -> None:
    fleet.b.until(fleet.vms["b"], boot_progress="done")
    with console_socket(fleet.a, fleet.vms["b"]) as console:
        assert console.run("echo thr''ough; uname -s") == b"through\nLinux\n"


def test_a_killed_node_is_told_lost_and_takes_up_what_lived_on(fleet: Fleet) -> None:
    fleet.c.kill()
    fleet.a.until_states(HEALED_S, c="lost", b="up")
    refused = fleet.a.post("StopVm", {"id": fleet.vms["c"]})
    assert refused.status_code == 503
    assert "'c'" in refused.text
    assert fleet.c.qemus() == [fleet.pids["c"]]
    fleet.c.launch()
    wait_until("c is back", fleet.c._is_ready, 60)
    fleet.nothing_is_lost()


def test_a_node_that_was_cut_off_tells_the_truth_again(fleet: Fleet) -> None:
    doomed = fleet.b.create(name="doomed", node="b")
    pid = fleet.b.pid(doomed)
    assert pid
    fleet.b.network.cut("b")
    fleet.a.until_states(HEALED_S, b="lost", c="up")
    assert fleet.a.post("StopVm", {"id": doomed}).status_code == 503
    assert fleet.b.status_inside("Status") == 503
    os.kill(pid, signal.SIGKILL)
    fleet.b.network.heal("b")
    fleet.a.until_states(HEALED_S, b="up")
    fleet.a.until_statuses(HEALED_S, doomed="exited")
    fleet.a.done("StopVm", doomed)
    fleet.a.done("RemoveVm", doomed)
    wait_until("the VM is gone", lambda: "doomed" not in fleet.b.statuses(), HEALED_S)
    assert fleet.b.process is not None
    assert fleet.b.process.poll() is None
    fleet.nothing_is_lost()


def test_redis_is_started_anew(fleet: Fleet) -> None:
    with connect(f"{fleet.a.url.replace('http', 'ws')}/ws/status", max_size=None) as page:
        page.recv(timeout=HEALED_S)
        fleet.cache.end()
        made = fleet.b.create(name="without-redis", node="b", stopped=True)
        fleet.cache.start()
        while made not in str(page.recv(timeout=HEALED_S)):
            pass
    fleet.a.done("RemoveVm", made)
    fleet.nothing_is_lost()


def test_postgresql_is_started_anew(fleet: Fleet) -> None:
    fleet.database.end()
    answers = {node.name: node.post("Status").status_code for node in fleet.nodes}
    assert answers == {"a": 503, "b": 503, "c": 503}
    assert all(is_alive(pid) for pid in fleet.pids.values() if pid)
    fleet.database.start()
    fleet.nothing_is_lost()
