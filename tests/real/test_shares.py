"""The three ways to hand a VM its files, read by a real guest; and a VM that goes from one to the next."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.real.inside import Facts, facts_at, page, shell
from tests.real.server import Server, free_port, real_server

pytestmark = pytest.mark.real

NOTE = b"kept on the data disk, whatever the share"
ENCRYPTED_ENV = os.urandom(3000)


@pytest.fixture
def shared_9p(tmp_path: Path) -> Iterator[Server]:
    with real_server(tmp_path / "data", {"VMM_CVM__HOST_SHARE_MODE": "9p"}) as started:
        yield started


def test_a_vm_goes_on_with_its_data_when_the_operator_changes_the_share(shared_9p: Server) -> None:
    server, port = shared_9p, free_port()
    vm_id = server.create(
        ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}],
        encrypted_env=ENCRYPTED_ENV.hex(),
        user_config='{"first": "words"}',
    )
    first = booted(server, vm_id, port)
    assert (first["host_share"], first["boot_count"]) == ("9p", 1)
    assert_the_guest_reads_every_file(server, vm_id)
    httpx.post(f"http://127.0.0.1:{port}/cgi-bin/note", content=NOTE, timeout=30).raise_for_status()

    change_mode(server, "vvfat")
    assert server.info(vm_id)["status"] == "running", "what runs goes on as it was launched"
    assert facts_at(port)["host_share"] == "9p"
    restart(server, vm_id)
    second = booted(server, vm_id, port)
    assert (second["host_share"], second["boot_count"]) == ("/dev/vdb1", 2)
    assert_the_guest_reads_every_file(server, vm_id)

    change_mode(server, "vhd")
    update = {"id": vm_id, "user_config": '{"second": "words, which the disk must be made anew for"}'}
    assert server.post("UpdateVm", update).status_code == 200
    restart(server, vm_id)
    third = booted(server, vm_id, port)
    assert (third["host_share"], third["boot_count"]) == ("/dev/vdb", 3)
    assert_the_guest_reads_every_file(server, vm_id)
    assert "second" in shell(server.run_dir(vm_id), "cat /host-shared/.user-config")

    for facts in (second, third):
        assert facts["data_disk"] == "/dev/vda"
        assert (facts["instance_id"], facts["compose_hash"]) == (first["instance_id"], first["compose_hash"])
    assert page(port, "/cgi-bin/note").content == NOTE


def change_mode(server: Server, mode: str) -> None:
    """The operator ends the server, writes another mode, and starts it again."""
    server.end()
    server.environment["VMM_CVM__HOST_SHARE_MODE"] = mode
    server.start()


def restart(server: Server, vm_id: str) -> None:
    server.done("ShutdownVm", vm_id)
    server.until(vm_id, status="stopped")
    server.done("StartVm", vm_id)


def booted(server: Server, vm_id: str, port: int) -> Facts:
    server.until(vm_id, status="running", boot_progress="done")
    return facts_at(port)


def assert_the_guest_reads_every_file(server: Server, vm_id: str) -> None:
    """Names and bytes in the guest are those in the VM's folder, and none can be written."""
    folder = server.run_dir(vm_id) / "shared"
    theirs = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert {"app-compose.json", ".sys-config.json", ".user-config", ".encrypted-env"} <= theirs.keys()
    listed = shell(server.run_dir(vm_id), "cd /host-shared && find . -type f | xargs sha256sum")
    seen = {name: digest for digest, name in (line.split("  ./") for line in listed.splitlines())}
    assert seen == theirs
    tried = shell(server.run_dir(vm_id), "echo changed > /host-shared/.user-config; touch /host-shared/new")
    assert tried.count("Read-only file system") == 2, tried
    assert (folder / ".encrypted-env").read_bytes() == ENCRYPTED_ENV
