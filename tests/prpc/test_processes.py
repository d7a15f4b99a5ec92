"""SvList, SvStop and SvRemove: the processes behind the VMs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import COMPOSE, InProcess
from tests.prpc.test_encodings import CLIENTS, field
from tests.rows import make_vm
from vms.choices import Actual, Desired
from vms.hypervisor.base import ExitReason
from vms.hypervisor.process import identify
from vms.selectors.processes import command_line, list_processes


async def processes(vmm: InProcess) -> dict[str, dict[str, Any]]:
    response = await vmm.client.get("/prpc/SvList")
    assert response.status_code == 200, response.text
    return {process["id"]: process for process in response.json()["processes"]}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_every_vm_has_its_process_in_every_encoding(vmm: InProcess, client: Any) -> None:
    runs, off = await vmm.create(name="runs"), await vmm.create(name="off", stopped=True)
    told = await client(vmm, "SvList", {})
    rows = field(told.value, "processes")
    assert [(field(r, "id"), field(r, "name"), field(r, "status")) for r in rows] == [
        (runs, "runs", "running"),
        (off, "off", "stopped"),
    ]
    vm = await vmm.row(runs)
    assert vm is not None
    assert field(rows[0], "pid") == vm.pid
    assert field(rows[1], "pid") in (None, 0)
    assert set((await processes(vmm))[off]) == {"id", "name", "status", "pid", "command", "note"}


async def test_stop_takes_the_way_of_stop_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    assert (await vmm.call("SvStop", {"id": vm_id})).status_code == 204
    assert (await vmm.info(vm_id))["status"] == "stopped"
    assert (await processes(vmm))[vm_id]["status"] == "stopped"
    assert vmm.driver.verbs(vm_id) == ["launch", "stop"]
    assert (await vmm.call("SvStop", {"id": vm_id})).status_code == 204


async def test_a_crash_shows_its_code_until_it_is_removed(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    vmm.driver.die(vm_id, ExitReason.KILLED, 137)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.actual == Actual.OFF)
    assert (await processes(vmm))[vm_id]["status"] == "exited(137)"
    assert (await vmm.info(vm_id))["exited_at"] != "never"
    assert (await vmm.call("SvRemove", {"id": vm_id})).status_code == 204
    assert (await processes(vmm))[vm_id]["status"] == "stopped"
    info = await vmm.info(vm_id)
    assert (info["exited_at"], info["name"]) == ("never", "my-app")


async def test_remove_is_refused_while_it_runs(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    response = await vmm.call("SvRemove", {"id": vm_id})
    assert (response.status_code, "stop it first" in response.json()["message"]) == (409, True)
    assert (await vmm.info(vm_id))["status"] == "running"


@pytest.mark.parametrize("method", ["SvStop", "SvRemove"])
async def test_unknown_and_missing_ids_are_told_so(vmm: InProcess, method: str) -> None:
    assert (await vmm.call(method, {"id": "nobody"})).status_code == 404
    assert (await vmm.call(method, {})).status_code == 400


@pytest.mark.parametrize(
    "fields,status",
    [
        ({"actual": Actual.ON, "pid": 1}, "running"),
        ({"actual": Actual.UNKNOWN, "pid": 1}, "running"),
        ({"actual": Actual.STARTING, "exit_reason": "killed", "exit_code": 137}, "stopped"),
        ({}, "stopped"),
        ({"exit_reason": "guest-shutdown", "exit_code": 0, "desired": Desired.STOPPED}, "exited(0)"),
        ({"exit_reason": "host-qmp-quit", "exit_code": 0, "desired": Desired.STOPPED}, "stopped"),
        ({"exit_reason": "host-signal", "desired": Desired.STOPPED}, "stopped"),
        ({"exit_reason": "killed", "exit_code": 137}, "exited(137)"),
        ({"exit_reason": "error", "boot_error": "no kernel"}, "error(no kernel)"),
        ({"exit_reason": "lost"}, "error(lost)"),
    ],
)
def test_a_status_is_one_of_four_words(db: None, fields: dict[str, Any], status: str) -> None:
    make_vm(**fields)
    assert [process["status"] for process in list_processes()] == [status]


WITH_TPM = json.dumps(json.loads(COMPOSE) | {"key_provider": "tpm"})


async def test_a_tpm_is_a_process_of_its_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create(compose_file=WITH_TPM, no_tee=True)
    tpm_id = f"{vm_id}-swtpm"
    rows = await processes(vmm)
    assert list(rows) == [vm_id, tpm_id]
    assert (rows[tpm_id]["name"], rows[tpm_id]["status"]) == ("my-app-swtpm", "running")
    assert rows[tpm_id]["pid"] not in (None, rows[vm_id]["pid"])
    for method in ("SvStop", "SvRemove"):
        response = await vmm.call(method, {"id": tpm_id})
        assert response.status_code == 409
        assert f"TPM of VM {vm_id} and ends with it; give the VM's id" in response.json()["message"]
    assert (await vmm.call("SvStop", {"id": vm_id})).status_code == 204
    assert list(await processes(vmm)) == [vm_id]
    assert (await vmm.call("SvStop", {"id": tpm_id})).status_code == 404


async def test_a_tpm_that_ended_is_told_while_its_vm_runs_and_forgotten_with_it(vmm: InProcess) -> None:
    vm_id = await vmm.create(compose_file=WITH_TPM, no_tee=True)
    vmm.driver.kill_tpm(vm_id)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.tpm_pid is None)
    row = (await processes(vmm))[f"{vm_id}-swtpm"]
    assert (row["status"], row["pid"]) == ("error(it ended, and its VM runs on without it)", None)
    assert (await vmm.info(vm_id))["status"] == "running"
    assert (await vmm.events(vm_id)).count("host.tpm_ended") == 1
    assert (await vmm.call("StopVm", {"id": vm_id})).status_code == 204
    assert (await vmm.call("StartVm", {"id": vm_id})).status_code == 204
    assert (await processes(vmm))[f"{vm_id}-swtpm"]["status"] == "running"


def test_the_command_is_the_process_own_as_a_shell_reads_it(db: None) -> None:
    code = "import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, "it's"]) as process:
        try:
            identity = identify(process.pid)
            assert identity is not None
            while b"it's" not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
                time.sleep(0.01)  # it is not yet what it will be
            make_vm(actual=Actual.ON, pid=process.pid, started_at_ms=identity.started_at_ms)
            [row] = list_processes()
            assert row["command"] == f"{sys.executable} -c '{code}' 'it'\"'\"'s'"
            # A pid that was given anew is another process.
            assert command_line(process.pid, identity.started_at_ms - 60_000) == ""
        finally:
            process.kill()
    assert command_line(process.pid, identity.started_at_ms) == ""


def test_one_query_whatever_the_number(db: None, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        make_vm()
    with django_assert_num_queries(1):
        assert len(list_processes()) == 5
