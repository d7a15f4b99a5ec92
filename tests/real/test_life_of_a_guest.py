"""One real guest from its creation to its removal, over HTTP, under real QEMU."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.real.server import Server, free_port, wait_until

pytestmark = pytest.mark.real


def test_a_guest_lives_keeps_its_data_and_leaves_nothing(server: Server) -> None:
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    vm_id = server.create(ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}])
    assert server.info(vm_id)["status"] == "running"
    up = server.until(vm_id, boot_progress="done")
    assert len(bytes.fromhex(up["instance_id"])) == 20
    timeline = [body for event, body in server.events(vm_id) if event == "boot.progress"]
    assert timeline[-1] == "done"
    assert timeline == _printed_steps(server.run_dir(vm_id) / "serial.log")

    assert "hello" in _get(page).text
    assert httpx.post(f"{page}/cgi-bin/note", content=b"kept over restarts", timeout=30).status_code < 300

    server.done("ShutdownVm", vm_id)
    off = server.until(vm_id, status="stopped")
    assert off["shutdown_progress"] == "powered off"
    assert server.pid(vm_id) is None

    server.done("ResizeVm", vm_id, memory=320, disk_size=2)
    server.done("StartVm", vm_id)
    again = server.until(vm_id, status="running", boot_progress="done")
    assert again["instance_id"] == up["instance_id"]
    assert _get(f"{page}/cgi-bin/note").content.strip() == b"kept over restarts"
    machine = _get(f"{page}/info.json").json()
    assert machine["memory_mb"] == 320
    assert (machine["dmi"]["sys_vendor"], machine["dmi"]["product_name"]) == ("dstack", "dstack")

    pid = server.pid(vm_id)
    assert pid is not None
    server.done("RemoveVm", vm_id)
    wait_until("the row is gone", lambda: not server.post("GetInfo", {"id": vm_id}).json()["found"])
    assert server.qemus() == []
    assert not server.run_dir(vm_id).exists()
    _nothing_is_reserved(server)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_a_port_that_another_program_has_is_409_in_qemus_words_and_nothing_stays(server: Server) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        if taken > 20_000:
            other.close()
            other = socket.create_server(("127.0.0.1", free_port()))
            taken = other.getsockname()[1]
        ports = [{"protocol": "tcp", "host_port": taken, "vm_port": 80}]
        response = server.post(
            "CreateVm",
            {
                "name": "real",
                "image": server.image,
                "compose_file": '{"manifest_version":2,"name":"a","runner":"b"}',
                "vcpu": 1,
                "memory": 256,
                "disk_size": 1,
                "ports": ports,
            },
        )
        other.close()
    assert response.status_code == 409
    assert f"Could not set up host forwarding rule 'tcp:127.0.0.1:{taken}-:80'" in response.json()["message"]
    assert server.post("Status").json()["total"] == 0
    assert server.qemus() == []
    assert not any((server.data / "vm").iterdir())
    _nothing_is_reserved(server)


def test_a_killed_qemu_shows_at_once_why_and_is_started_again(server: Server) -> None:
    vm_id = server.create()
    pid = server.pid(vm_id)
    assert pid is not None
    os.kill(pid, 9)
    exited = server.until(vm_id, status="exited", timeout_s=5)
    assert "killed" in exited["boot_error"]
    assert "restarting in 5 s" in exited["boot_error"]
    wait_until("another process", lambda: server.pid(vm_id) not in (None, pid), 30)
    assert server.until(vm_id, status="running")["boot_error"] == ""


def test_the_serial_log_can_be_read_and_followed(server: Server) -> None:
    vm_id = server.create()
    with httpx.stream("GET", f"{server.url}/logs?id={vm_id}&follow=true&ansi=false", timeout=60) as stream:
        heard = b""
        for piece in stream.iter_bytes():
            heard += piece
            if b"dstack-demo" in heard or b"# " in heard:
                break
    whole = httpx.get(f"{server.url}/logs?id={vm_id}&ch=serial&lines=5", timeout=10)
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(whole.text.splitlines()) <= 6
    assert httpx.get(f"{server.url}/logs?id=unknown", timeout=10).status_code == 404


def _printed_steps(console: Path) -> list[str]:
    """What the guest itself printed of its boot: ``[  1.23] step``; the kernel's times have six decimals."""
    return re.findall(r"^\[ *\d+\.\d\d\] (.+?)\r*$", console.read_text(errors="replace"), re.MULTILINE)


def _get(url: str) -> httpx.Response:
    def look() -> httpx.Response | None:
        try:
            return httpx.get(url, timeout=10)
        except httpx.TransportError:
            return None

    response = wait_until(url, look, 30)
    assert response is not None
    return response


def _nothing_is_reserved(server: Server) -> None:
    """No row is left that holds a CID or a port."""
    with sqlite3.connect(server.data / "vmm.sqlite3") as database:
        for table in ("vms_vm", "vms_portmapping", "vms_event"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
