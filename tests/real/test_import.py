"""Moving in: VMs of the existing program, with a QEMU that it started, become ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hypervisor import machines
from tests.real.server import ROOT, Server, is_alive, wait_until

pytestmark = [pytest.mark.real, machines.needs_qemu]
COMPOSE = '{"manifest_version": 2, "name": "old", "runner": "docker-compose", "docker_compose_file": ""}'
Foreign = Callable[[Path], subprocess.Popen[bytes]]


def make_folder(run_path: Path, vm_id: str, image: str, *, started: bool, **changed: Any) -> Path:
    """A VM's directory as the existing dstack-vmm leaves it, with a disk."""
    folder = run_path / vm_id
    (folder / "shared").mkdir(parents=True)
    manifest = {
        "id": vm_id,
        "name": f"old-{vm_id}",
        "app_id": "ab" * 20,
        "vcpu": 1,
        "memory": 256,
        "disk_size": 1,
        "image": image,
        "port_map": [],
        "created_at_ms": 1_700_000_000_000,
        "no_tee": True,
    }
    (folder / "vm-manifest.json").write_text(json.dumps(manifest | changed))
    (folder / "vm-state.json").write_text(json.dumps({"started": started}))
    (folder / "shared" / "app-compose.json").write_text(COMPOSE)
    subprocess.run(
        [machines.QEMU_IMG or "", "create", "-q", "-f", "qcow2", folder / "hda.img", "1G"], check=True
    )
    return folder


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    """Starts a QEMU as the existing program does: absolute paths, no name, no monitor, no lock of ours."""
    kernel = machines.image(tmp_path).kernel
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> subprocess.Popen[bytes]:
        (folder / "serial.log").touch()
        argv = [
            *(machines.QEMU or "", "-accel", "tcg", "-cpu", "max", "-nographic", "-nodefaults"),
            *("-m", "64M", "-kernel", str(kernel)),
            *("-chardev", f"file,id=com0,path={folder}/serial.log", "-serial", "chardev:com0"),
            *("-drive", f"file={folder}/hda.img,if=none,id=hd1", "-device", "virtio-blk-pci,drive=hd1"),
        ]
        process = subprocess.Popen(
            argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        wait_until("the guest runs", lambda: b"H" in (folder / "serial.log").read_bytes())
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def process_of(server: Server, vm_id: str) -> dict[str, Any]:
    rows = server.post("SvList").json()["processes"]
    [row] = [row for row in rows if row["id"] == vm_id]
    return dict(row)


def import_vms(server: Server, source: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "import_vms", str(source), *options],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_running_vm_is_adopted_and_becomes_ordinary_at_its_next_start(
    server: Server, foreign: Foreign
) -> None:
    folder = make_folder(server.data / "vm", "runs", server.image, started=True)
    process = foreign(folder)
    assert server.post("ReloadVms").json() == {"loaded": 1, "updated": 0, "removed": 0}

    info = server.info("runs")
    assert (info["status"], info["name"]) == ("running", "old-runs")
    assert info["uptime"] not in ("never", "")
    row = process_of(server, "runs")
    assert (row["status"], row["pid"]) == ("running", process.pid)
    assert row["command"].startswith(f"{machines.QEMU} -accel tcg")

    # It is the same one after the server was killed and started again.
    server.kill()
    server.start()
    assert (server.info("runs")["status"], process.poll()) == ("running", None)
    assert server.post("ShutdownVm", {"id": "runs"}).status_code == 502

    server.done("StopVm", "runs")
    assert process.wait(10) == 0
    assert server.info("runs")["status"] == "stopped"
    assert json.loads((folder / "vm-state.json").read_text()) == {"started": False}
    assert process_of(server, "runs")["status"] == "stopped"

    server.done("StartVm", "runs")
    assert (folder / "qmp.sock").exists()
    pid = server.pid("runs")
    assert process_of(server, "runs")["pid"] == pid
    assert "-name runs " in process_of(server, "runs")["command"]
    server.until("runs", boot_progress="done")
    assert pid is not None
    assert is_alive(pid)


def test_the_end_of_a_taken_over_qemu_is_noticed(server: Server, foreign: Foreign) -> None:
    process = foreign(make_folder(server.data / "vm", "runs", server.image, started=True))
    server.post("ReloadVms")
    process.kill()
    wait_until("the event", lambda: "host.exited" in dict(server.events("runs")))
    assert server.info("runs")["boot_error"].startswith("the VM ended (lost")


def test_a_stopped_vm_from_elsewhere_boots_as_a_copy(
    server: Server, foreign: Foreign, tmp_path: Path
) -> None:
    source = tmp_path / "elsewhere"
    disk = (make_folder(source, "stopped", server.image, started=True) / "hda.img").read_bytes()
    process = foreign(make_folder(source, "runs", server.image, started=True))

    tried = import_vms(server, source, "--dry-run")
    assert "stopped: would be taken over as a copy, stopped" in tried.stdout
    assert list((server.data / "vm").iterdir()) == []

    done = import_vms(server, source)
    assert done.returncode == 1
    assert f"runs: refused: it runs (pid {process.pid})" in done.stdout
    assert process.poll() is None
    assert server.info("stopped")["status"] == "stopped"
    server.done("StartVm", "stopped")
    server.until("stopped", boot_progress="done")
    assert (source / "stopped" / "hda.img").read_bytes() == disk
    assert not (source / "stopped" / "qemu.pid").exists()
