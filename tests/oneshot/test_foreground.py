"""A VM without a server: it boots, is seen, and ends with who launched it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.hypervisor.netd_server import NetdServer
from tests.oneshot.command import ROOT, Host
from tests.oneshot.foreground import qemus, running
from tests.real.server import wait_until

pytestmark = pytest.mark.real
UP = "Nothing asks for a password here"


def test_ctrl_c_asks_the_guest_and_its_power_off_is_a_good_end(host: Host) -> None:
    with running(host, host.request()) as launch:
        launch.until_console_has(UP)
        assert len(qemus(host.data)) == 1
        launch.send(signal.SIGINT)
        assert launch.end() == 0, launch.said()
        assert "the guest agent accepted" in launch.said()
        assert "the VM ended (guest-shutdown)" in launch.said()
        assert "Power down" in launch.console()
        assert "\x1b" not in launch.console()
    assert qemus(host.data) == []
    assert list((host.data / "vm").iterdir()) == []


def test_what_is_run_is_what_was_rehearsed_and_a_workdir_stays(host: Host) -> None:
    folder = host.data / "work"
    request = host.request(id="vm-1", cid=1001, created_at_ms=7)
    rehearsed = host.rehearse(request, "--json").json()
    with running(host, request, "--workdir", str(folder)) as launch:
        launch.until_console_has(UP)
        written = {
            str(path.relative_to(folder / "vm-1")): path.read_text()
            for path in (*(folder / "vm-1").glob("vm-*.json"), *(folder / "vm-1/shared").iterdir())
        }
        assert written == rehearsed["files"]
        assert json.loads((folder / "vm-1/qemu.argv.json").read_bytes()) == rehearsed["argv"]

        other = host.launch("-", "--workdir", str(folder), stdin=request)
        assert (other.status, other.out) == (1, "")
        assert f"refused: a VM runs in {folder}/vm-1 already (process " in other.err
        assert len(qemus(host.data)) == 1

        launch.send(signal.SIGTERM)
        assert launch.end() == 0, launch.said()
        assert f"its directory stays: {folder}/vm-1" in launch.said()
    assert qemus(host.data) == []
    assert (folder / "vm-1/hda.img").exists()


def test_a_signal_before_the_guest_listens_and_another_one_end_it(host: Host) -> None:
    with running(host, host.request()) as launch:
        launch.until_said("runs (process ")
        launch.send(signal.SIGINT)
        launch.until_said("asking the guest to power off")
        launch.send(signal.SIGINT)
        assert launch.end() == 1, launch.said()
        assert "the VM ended (host-qmp-quit)" in launch.said()
        assert "its directory stays: " in launch.said()
    assert qemus(host.data) == []


def test_nobody_who_reads_the_console_is_an_end(host: Host) -> None:
    asked = host.data / "request.json"
    asked.write_bytes(host.request())
    reader, writer = os.pipe()
    launch = subprocess.Popen(
        [sys.executable, "manage.py", "launch", str(asked)],
        cwd=ROOT,
        env=host.environment(),
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        assert os.read(reader, 1)
        os.close(reader)
        assert launch.wait(timeout=60) == 1
    finally:
        launch.kill()
        launch.wait()
    assert qemus(host.data) == []


def test_a_port_that_is_taken_is_qemu_s_to_tell(host: Host) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = host.data / "vmm.toml"
        span = f'[{{protocol = "tcp", from = {port}, to = {port}}}]'
        config.write_text(f"[cvm.port_mapping]\nenabled = true\nrange = {span}\n")
        request = host.request(no_tee=True, ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}])
        told = host.launch("-", "--config", str(config), stdin=request)
    assert (told.status, told.out) == (1, "")
    assert f"refused: Could not set up host forwarding rule 'tcp:127.0.0.1:{port}-:80'" in told.err
    assert "its directory stays: " in told.err


async def test_filtered_devices_are_taken_away_at_once(host: Host) -> None:
    config, work = host.data / "vmm.toml", host.data / "work"
    filtered = '[cvm.network_filter]\nmode = "libvirt"\nfilter = "clean-traffic"\n'
    config.write_text(f'{filtered}[netd]\nsocket = "{host.data}/netd.sock"\n')
    networks = [{"mode": "bridge", "bridge_name": name} for name in ("br0", "br1")]
    request = host.request(id="vm-1", no_tee=True, networks=networks)
    words = ("-", "--config", str(config), "--workdir", str(work))
    netd = NetdServer()
    netd.refuses = lambda asked: "no such bridge" if asked.get("bridge") == "br1" else None
    async with netd.listen(host.data / "netd.sock"):
        told = await asyncio.to_thread(host.launch, *words, stdin=request)
    assert (told.status, told.out) == (1, "")
    assert "refused: a filtered network can't be made: " in told.err
    assert "no such bridge" in told.err
    assert netd.requests[0]["operation"] == "prepare"
    assert netd.taps == {}
    assert not (work / "vm-1/taps.json").exists()


def test_what_was_refused_leaves_nothing(host: Host) -> None:
    told = host.launch("-", stdin=host.request(vcpu=0))
    assert (told.status, told.out) == (1, "")
    assert "refused: vcpu: must be between 1 and 255, not 0" in told.err
    assert not (host.data / "vm").exists()


def test_after_a_kill_the_vm_runs_on_and_the_next_launch_says_so(host: Host) -> None:
    with running(host, host.request()) as launch:
        launch.until_said("runs (process ")
        launch.send(signal.SIGKILL)
        launch.end()
        (pid,) = qemus(host.data)
        told = host.launch("-", stdin=host.request(vcpu=0))
        assert f"a VM of an earlier launch that was killed runs on in {host.data}/vm/.launch-" in told.err
        assert f"(process {pid})" in told.err
        os.kill(pid, signal.SIGTERM)
        wait_until("the VM's end", lambda: not qemus(host.data))
