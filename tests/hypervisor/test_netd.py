"""Filtered TAP devices: asked for as netd reads it, and taken away whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hypervisor import machines
from tests.hypervisor.netd_server import NetdServer
from tests.waiting import eventually
from vms.hypervisor import netd, taps
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.netd import Interface, Wiring
from vms.hypervisor.network import mac_address
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import HostSettings, ImageFiles, NetworkFilter, NetworkMode, NetworkSpec
from vms.hypervisor.taps import Taps

FIRST = Interface("node-7", "vm-1", 0)
WIRING = Wiring("br0", "02:00:00:00:00:01", 1000, "clean-traffic", {"IP": "10.0.0.9"})
BRIDGES = (
    NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0"),
    NetworkSpec(NetworkMode.USER),
    NetworkSpec(NetworkMode.BRIDGE, bridge_name="br1"),
)
SPEC = replace(machines.guest_spec(ImageFiles(Path("/kernel"), Path("/initrd"))), networks=BRIDGES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "netd.sock"


@pytest.fixture
async def server(path: Path) -> AsyncIterator[NetdServer]:
    async with NetdServer().listen(path) as server:
        yield server


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    run_dir = RunDir(tmp_path / "vm-1")
    run_dir.path.mkdir()
    return run_dir


def host(path: Path) -> HostSettings:
    filtered = NetworkFilter(path, "node-7", "clean-traffic", (("IP", "10.0.0.9"),))
    return replace(machines.host_settings(), network_filter=filtered)


def indices(server: NetdServer, operation: str) -> list[int]:
    return [request["nic_index"] for request in server.requests if request["operation"] == operation]


async def test_each_request_is_what_netd_reads(server: NetdServer, path: Path) -> None:
    identity = {"instance_id": "node-7", "vm_id": "vm-1", "nic_index": 0}
    await netd.prepare(path, FIRST, WIRING)
    await netd.check(path, FIRST)
    await netd.remove(path, FIRST)
    await netd.remove(path, FIRST)
    assert server.requests == [
        {
            "operation": "prepare",
            **identity,
            "bridge": "br0",
            "mac": "02:00:00:00:00:01",
            "qemu_uid": 1000,
            "filter": "clean-traffic",
            "parameters": {"IP": "10.0.0.9"},
        },
        {"operation": "check", **identity},
        {"operation": "remove", **identity},
        {"operation": "remove", **identity},
    ]


async def test_what_netd_refuses_is_told_in_its_words(server: NetdServer, path: Path) -> None:
    with pytest.raises(NotAnswering, match=rf"asked to check {FIRST.tap}, failed: TAP {FIRST.tap} does not"):
        await netd.check(path, FIRST)


@pytest.mark.parametrize(
    "reply, words",
    [
        (b"", "0 bytes that is no JSON object"),
        (b"nonsense", "8 bytes that is no JSON object"),
        (b"[true]", "no JSON object"),
        (b"[" * 60_000, "no JSON object"),
        (b'{"ok": true, "tap": "%s"' % b"x" * 70_000, "no JSON object in bounds"),
        (b'{"ok": true}', "speaks of 'None' instead"),
        (b'{"ok": true, "tap": "dt000000000000"}', "speaks of 'dt000000000000' instead"),
        (b'{"ok": 1, "tap": "%s"}' % FIRST.tap.encode(), "failed: it did not say why"),
        (b'{"ok": "true", "tap": "%s"}' % FIRST.tap.encode(), "failed"),
        (b'{"ok": false, "error": "%s"}' % (b"x" * 9_000), "failed: xxx"),
        (b'{"ok": false, "error": {"a": 1}}', "failed: {'a': 1}"),
        (b'{"ok": false, "error": "\xff"}', "no JSON object"),
    ],
)
async def test_an_answer_that_is_none_is_refused_in_bounded_words(
    server: NetdServer, path: Path, reply: bytes, words: str
) -> None:
    server.answers = lambda _: reply
    with pytest.raises(NotAnswering, match=words) as refused:
        await netd.prepare(path, FIRST, WIRING)
    assert len(str(refused.value)) < 700


async def test_a_netd_that_says_nothing_is_not_waited_for(
    server: NetdServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netd, "ANSWER_WAIT_S", 0.05)
    server.delay_s = 60
    with pytest.raises(NotAnswering, match=r"did not answer in 0\.05 s"):
        await netd.remove(path, FIRST)


async def test_a_netd_that_is_not_there_is_told_so(path: Path) -> None:
    with pytest.raises(
        NotAnswering, match=rf"netd \({path}\), asked to remove .*nobody answers.*is it running"
    ):
        await netd.remove(path, FIRST)


async def test_only_bridges_get_a_device_with_their_own_address(
    server: NetdServer, path: Path, run_dir: RunDir
) -> None:
    devices = Taps(host(path))
    await devices.prepare(run_dir, SPEC)
    assert indices(server, "prepare") == [0, 2]
    assert [request["bridge"] for request in server.requests] == ["br0", "br1"]
    assert [request["mac"] for request in server.requests] == [mac_address("vm-1", 0), mac_address("vm-1", 2)]
    assert {request["qemu_uid"] for request in server.requests} == {os.geteuid()}
    assert len(server.taps) == 2
    await devices.remove(run_dir)
    assert server.taps == {}
    assert not run_dir.taps_file.exists()


async def test_without_a_filter_nobody_is_asked(server: NetdServer, path: Path, run_dir: RunDir) -> None:
    devices = Taps(machines.host_settings())
    await devices.prepare(run_dir, SPEC)
    devices.remove_soon(run_dir)
    await devices.remove(run_dir)
    assert server.requests == []
    assert list(run_dir.path.iterdir()) == []


async def test_a_device_that_a_changed_vm_needs_no_more_goes_at_its_next_launch(
    server: NetdServer, path: Path, run_dir: RunDir
) -> None:
    devices = Taps(host(path))
    await devices.prepare(run_dir, SPEC)
    await devices.prepare(run_dir, replace(SPEC, networks=BRIDGES[:2]))
    assert list(server.taps) == [FIRST.tap]
    await devices.prepare(run_dir, replace(SPEC, networks=BRIDGES[1:2]))
    assert server.taps == {}
    assert not run_dir.taps_file.exists()


async def test_a_launch_that_fails_half_way_is_taken_back(
    server: NetdServer, path: Path, run_dir: RunDir
) -> None:
    server.refuses = lambda request: "br1 is not a host bridge" if request.get("bridge") == "br1" else None
    devices = Taps(host(path))
    with pytest.raises(LaunchRefused, match=r"a filtered network can't be made: .*br1 is not a host bridge"):
        await devices.prepare(run_dir, SPEC)
    devices.remove_soon(run_dir)
    await eventually(lambda: not run_dir.taps_file.exists())
    assert server.taps == {}
    assert indices(server, "remove") == [0, 2]
    await devices.close()


async def test_removal_is_tried_again_until_netd_is_back(
    path: Path, run_dir: RunDir, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(taps, "FIRST_RETRY_S", 0.01)
    devices, restarted = Taps(host(path)), NetdServer()
    async with NetdServer().listen(path) as server:
        await devices.prepare(run_dir, SPEC)
        restarted.taps = server.taps
    path.unlink()
    devices.remove_soon(run_dir)
    devices.remove_soon(run_dir)
    await eventually(lambda: "trying again in 0.02 s" in caplog.text)
    with pytest.raises(NotAnswering, match="is it running"):
        await devices.remove(run_dir)
    assert run_dir.taps_file.exists()
    devices.remove_soon(run_dir)
    async with restarted.listen(path):
        await eventually(lambda: not run_dir.taps_file.exists())
    assert restarted.taps == {}
    await devices.close()


async def test_the_next_server_takes_away_what_a_killed_one_left(
    server: NetdServer, path: Path, run_dir: RunDir
) -> None:
    await Taps(host(path)).prepare(run_dir, SPEC)
    devices = Taps(host(path))
    devices.remove_soon(run_dir)
    await eventually(lambda: not run_dir.taps_file.exists())
    assert server.taps == {}


async def test_a_new_launch_overtakes_a_removal(server: NetdServer, path: Path, run_dir: RunDir) -> None:
    devices = Taps(host(path))
    await devices.prepare(run_dir, SPEC)
    server.delay_s = 0.05
    devices.remove_soon(run_dir)
    await asyncio.sleep(0.01)
    await devices.prepare(run_dir, SPEC)
    assert len(server.taps) == 2
    assert json.loads(run_dir.taps_file.read_text()) == [0, 2]
    await devices.close()


@pytest.mark.parametrize(
    "note, asked",
    [
        ('[-1, 256, 1e9, true, null, "0", [1], 7, 7]', [7]),
        ('{"0": 1}', []),
        ("nonsense", []),
        ("[" * 4000, []),
        (json.dumps(list(range(256))), list(range(taps.MAX_NOTED))),
    ],
)
async def test_a_note_that_a_guests_user_made_up_reaches_no_other_vm(
    server: NetdServer, path: Path, run_dir: RunDir, note: str, asked: list[int]
) -> None:
    run_dir.taps_file.write_text(note)
    await Taps(host(path)).remove(run_dir)
    assert indices(server, "remove") == asked
    assert {(request["instance_id"], request["vm_id"]) for request in server.requests} <= {("node-7", "vm-1")}


def scene(name: str, folder: Path) -> Any:
    """What came of a scene of ``filtered_guest``, played in a network of its own."""
    command = ["unshare", "--net", sys.executable, "-m", "tests.hypervisor.filtered_guest", name, str(folder)]
    played = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert played.returncode == 0, played.stderr
    return json.loads(played.stdout)


@pytest.mark.real
@machines.needs_qemu
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and ip to make devices"
)
class TestRealDevices:
    def test_a_guest_runs_on_its_device_and_takes_it_along(self, tmp_path: Path) -> None:
        told = scene("lifetime", tmp_path)
        assert told["while it runs"] == {"on bridge": True, "carrier": True}
        assert told["when it has ended by itself"] == []
        assert told["when it was stopped"] == []

    def test_a_killed_server_leaves_no_device_for_long(self, tmp_path: Path) -> None:
        told = scene("server killed", tmp_path)
        assert told == {"before": 1, "after the next server looked": []}

    def test_a_qemu_that_does_not_start_leaves_none(self, tmp_path: Path) -> None:
        told = scene("refused", tmp_path)
        assert "could not open kernel file" in told["words"]
        assert told["left"] == []
