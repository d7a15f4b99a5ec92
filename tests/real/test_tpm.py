"""A TPM of the VM's own, seen by a real guest: it is there at every boot, and remembers."""

from __future__ import annotations

import json

import pytest

from tests.real.inside import Facts, facts_at, shell
from tests.real.server import Server, free_port

pytestmark = pytest.mark.real

COMPOSE = {"manifest_version": 2, "name": "sealed", "runner": "docker-compose", "key_provider": "tpm"}


def test_a_tpm_is_in_the_guest_and_keeps_its_state_over_hard_stops_updates_and_server_deaths(
    server: Server,
) -> None:
    port = free_port()
    vm_id = server.create(
        compose_file=json.dumps(COMPOSE), ports=[{"protocol": "tcp", "host_port": port, "vm_port": 80}]
    )
    first = booted(server, vm_id, port)
    assert (first["tpm"], first["boot_count"]) == ({"version": 2, "boot_count": 1}, 1)
    # By the TPM itself, beside what the guest made of it at its boot: it is the only one that counts.
    assert shell(server.run_dir(vm_id), "/usr/lib/demo/tpm-count") == "2\n"
    pcr = shell(server.run_dir(vm_id), "cat /sys/class/tpm/tpm0/pcr-sha256/0")
    assert len(bytes.fromhex(pcr)) == 32
    assert any(bytes.fromhex(pcr)), "the firmware measures itself into PCR 0"

    server.kill()
    server.start()
    assert shell(server.run_dir(vm_id), "/usr/lib/demo/tpm-count") == "3\n"
    server.done("StopVm", vm_id)
    server.until(vm_id, status="stopped")
    updated = server.post("UpdateVm", {"id": vm_id, "user_config": "{}"})
    assert updated.status_code == 200, updated.text
    server.done("StartVm", vm_id)
    second = booted(server, vm_id, port)
    assert (second["tpm"], second["boot_count"]) == ({"version": 2, "boot_count": 4}, 2)


def booted(server: Server, vm_id: str, port: int) -> Facts:
    server.until(vm_id, status="running", boot_progress="done")
    return facts_at(port)
