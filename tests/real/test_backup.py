"""Everything is destroyed, and a backup that was made while it ran brings it back, data and all."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.real.inside import facts_at, page, shell
from tests.real.server import ROOT, Server, free_port

pytestmark = pytest.mark.real

BEFORE, AFTER = b"written before the backup", b"written after the backup"


def command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write(server: Server, vm_id: str, port: int, note: bytes) -> None:
    httpx.post(f"http://127.0.0.1:{port}/cgi-bin/note", content=note, timeout=30).raise_for_status()
    shell(server.run_dir(vm_id), "sync")


def destroy(server: Server) -> None:
    server.clean_up()
    shutil.rmtree(server.data)


def test_all_comes_back_as_it_was_at_the_backup(server: Server, tmp_path: Path) -> None:
    file, port = tmp_path / "all.tar.zst", free_port()
    runs = server.create(ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}], name="runs")
    rests = server.create(name="rests", memory=128)
    server.done("StopVm", rests)
    facts = facts_at(port)
    write(server, runs, port, BEFORE)
    pid = server.pid(runs)

    busy = "(while :; do dd if=/dev/urandom of=/data/busy bs=64k count=32; done) >/dev/null 2>&1 & echo $!"
    writer = shell(server.run_dir(runs), busy).strip()
    made = command(server, "backup", str(file), "--with-images")
    assert made.returncode == 0, made.stderr
    shell(server.run_dir(runs), f"kill {writer}")
    assert f"{file}: 2 VMs" in made.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert server.pid(runs) == pid
    assert not (server.run_dir(runs) / "hda.backup").exists()
    write(server, runs, port, AFTER)

    destroy(server)
    back = command(server, "restore", str(file))
    assert back.returncode == 0, back.stderr
    assert "2 VMs" in back.stdout
    for vm_id in (runs, rests):
        subprocess.run(["qemu-img", "check", "-q", server.run_dir(vm_id) / "hda.img"], check=True)
    server.manage("migrate", "--no-input")
    server.start()
    server.until(runs, status="running", boot_error="")
    assert server.info(rests)["status"] == "stopped"
    assert page(port, "/cgi-bin/note").content == BEFORE
    again = facts_at(port)
    assert (again["boot_count"], again["instance_id"]) == (2, facts["instance_id"])
    assert ("host.restart", "the host was started anew; number 1 to start") in server.events(runs)
    server.done("StartVm", rests)
    assert len(server.qemus()) == 2


def test_one_that_was_killed_in_the_middle_leaves_nothing_that_hinders_the_next(
    server: Server, tmp_path: Path
) -> None:
    vm_id = server.create(memory=128)
    left = server.run_dir(vm_id) / "hda.backup"
    left.write_bytes(b"of a backup that was killed")
    before = sorted(path.name for path in tmp_path.iterdir())
    interrupted = subprocess.Popen(
        [sys.executable, "manage.py", "backup", str(tmp_path / "a.tar.zst")],
        cwd=ROOT,
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert interrupted.stdout is not None
    assert interrupted.stdout.readline()
    interrupted.terminate()
    interrupted.communicate(timeout=60)
    assert interrupted.returncode != 0 or (tmp_path / "a.tar.zst").exists()
    (tmp_path / "a.tar.zst").unlink(missing_ok=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    made = command(server, "backup", str(tmp_path / "a.tar.zst"))
    assert made.returncode == 0, made.stderr
    assert not left.exists()
    assert server.info(vm_id)["status"] == "running"
    assert os.listdir(server.run_dir(vm_id)).count("hda.img") == 1
