"""ReloadVms: what lies in the run path and what is known are brought together."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import COMPOSE, InProcess
from tests.prpc.test_encodings import CLIENTS, field
from vms.actions import update
from vms.choices import Actual, Desired
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor.base import ExitReason
from vms.hypervisor.rundir import RunDir
from vms.models import Node, Vm

MANIFEST: dict[str, Any] = {
    "name": "from-elsewhere",
    "app_id": "0" * 40,
    "vcpu": 2,
    "memory": 512,
    "disk_size": 3,
    "image": "dstack-test-0.5.3",
    "port_map": [{"address": "127.0.0.1", "protocol": "tcp", "from": 8080, "to": 80}],
    "created_at_ms": 1700000000000,
    "no_tee": True,
}


def make_folder(
    run_path: Path, vm_id: str, *, started: bool | None = None, compose: str = COMPOSE, **changed: Any
) -> Path:
    """A directory as the existing dstack-vmm writes one."""
    folder = run_path / vm_id
    (folder / "shared").mkdir(parents=True)
    (folder / "vm-manifest.json").write_text(json.dumps({"id": vm_id} | MANIFEST | changed))
    (folder / "shared" / "app-compose.json").write_bytes(compose.encode())
    if started is not None:
        (folder / "vm-state.json").write_text(json.dumps({"started": started}))
    return folder


def qcow2(backing: bytes = b"", features: int = 0) -> bytes:
    """A qcow2 header, as much of it as is read."""
    head = struct.pack(">4sIQIIQ", b"QFI\xfb", 3, 104 if backing else 0, len(backing), 16, 1 << 30)
    return (head.ljust(72, b"\0") + struct.pack(">Q", features)).ljust(104, b"\0") + backing


async def reload(vmm: InProcess) -> dict[str, int]:
    response = await vmm.call("ReloadVms")
    assert response.status_code == 200, response.text
    counts: dict[str, int] = response.json()
    return counts


async def report(vmm: InProcess) -> dict[str, tuple[str, str]]:
    """What the last reload said of each VM."""
    node = await in_database(Node.objects.get)
    return {o["vm_id"]: (o["what"], o["words"]) for o in node.reload_report["outcomes"]}


def counts(loaded: int = 0, updated: int = 0, removed: int = 0) -> dict[str, int]:
    return {"loaded": loaded, "updated": updated, "removed": removed}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


async def test_a_stopped_vm_of_the_existing_program_is_taken_over_untouched(vmm: InProcess) -> None:
    folder = make_folder(vmm.run_path, "old-1", started=False, kms_urls=["https://kms.example:1"])
    (folder / "shared" / ".user-config").write_text("é")
    (folder / "shared" / ".encrypted-env").write_bytes(b"\x00\xff")
    info = {"instance_id": "AB" * 20, "instance_id_seed": "cd" * 20, "app_id": "0" * 40}
    (folder / "shared" / ".instance_info").write_text(json.dumps(info))
    (folder / "hda.img").write_bytes(qcow2())
    before = snapshot(folder)

    assert await reload(vmm) == counts(loaded=1)

    taken = await vmm.info("old-1")
    assert (taken["status"], taken["name"], taken["instance_id"]) == ("stopped", "from-elsewhere", "ab" * 20)
    configuration = taken["configuration"]
    assert configuration["compose_file"] == COMPOSE
    assert (configuration["encrypted_env"], configuration["user_config"]) == ("00ff", "é")
    assert configuration["ports"] == [
        {"protocol": "tcp", "host_port": 8080, "vm_port": 80, "host_address": "127.0.0.1"}
    ]
    assert configuration["kms_urls"] == ["https://kms.example:1"]
    row = await vmm.row("old-1")
    assert row is not None
    assert (row.created_at_ms, row.instance_id_seed) == (1700000000000, "cd" * 20)
    assert await vmm.events("old-1") == ["host.imported"]
    assert snapshot(folder) == before
    assert "launch" not in vmm.driver.verbs("old-1")
    assert await reload(vmm) == counts()


async def test_it_starts_like_any_other_and_keeps_its_instance(vmm: InProcess) -> None:
    folder = make_folder(vmm.run_path, "old-1", started=False)
    info = {"instance_id": "ab" * 20, "instance_id_seed": "cd" * 20, "app_id": "0" * 40}
    (folder / "shared" / ".instance_info").write_text(json.dumps(info))
    await reload(vmm)
    assert (await vmm.call("StartVm", {"id": "old-1"})).status_code == 204
    assert (await vmm.info("old-1"))["status"] == "running"
    assert json.loads((folder / "shared" / ".instance_info").read_text()) == info


async def test_one_that_should_run_and_does_not_is_started(vmm: InProcess) -> None:
    make_folder(vmm.run_path, "old-1", started=True)
    assert await reload(vmm) == counts(loaded=1)
    await vmm.until("old-1", lambda vm: vm is not None and vm.actual == Actual.ON)


async def test_a_running_one_is_adopted_as_running_with_its_cid(vmm: InProcess) -> None:
    make_folder(vmm.run_path, "a-stopped", started=False, port_map=[])
    make_folder(vmm.run_path, "runs", started=True)
    vmm.driver.start_foreign("runs", cid=1000)
    assert await reload(vmm) == counts(loaded=2)

    info = await vmm.info("runs")
    assert (info["status"], info["uptime"][:2], info["boot_progress"]) == ("running", "1m", "N/A")
    running, stopped = await vmm.row("runs"), await vmm.row("a-stopped")
    assert running is not None
    assert stopped is not None
    assert (running.cid, stopped.cid) == (1000, 1001)
    assert vmm.driver.verbs("runs") == []

    response = await vmm.call("ShutdownVm", {"id": "runs"})
    assert response.status_code == 502
    assert "StopVm" in response.json()["message"]
    assert (await vmm.info("runs"))["status"] == "running"
    assert (await vmm.call("StopVm", {"id": "runs"})).status_code == 204
    assert (await vmm.info("runs"))["status"] == "stopped"
    assert (await vmm.call("StartVm", {"id": "runs"})).status_code == 204
    assert (await vmm.info("runs"))["status"] == "running"


async def test_one_that_runs_though_it_should_not_is_stopping_and_not_cut_off(
    vmm: InProcess,
) -> None:
    make_folder(vmm.run_path, "ending", started=False)
    vmm.driver.start_foreign("ending")
    await reload(vmm)
    assert (await vmm.info("ending"))["status"] == "stopping"
    assert "stop" not in vmm.driver.verbs("ending")
    vmm.driver.die("ending")
    await vmm.until("ending", lambda vm: vm is not None and vm.actual == Actual.OFF)
    assert (await vmm.info("ending"))["status"] == "stopped"


async def test_a_cid_that_somebody_has_is_refused_by_name(vmm: InProcess) -> None:
    await vmm.create(name="first")
    make_folder(vmm.run_path, "runs", started=True)
    vmm.driver.start_foreign("runs", cid=1000)
    assert await reload(vmm) == counts()
    assert "CID 1000, which VM 'first'" in (await report(vmm))["runs"][1]


async def test_a_port_that_somebody_has_is_refused_by_name(vmm: InProcess) -> None:
    ports = [{"protocol": "tcp", "host_port": 8080, "vm_port": 1}]
    await vmm.create(name="first", stopped=True, ports=ports)
    make_folder(vmm.run_path, "old-1")
    assert await reload(vmm) == counts()
    what, words = (await report(vmm))["old-1"]
    assert what == "refused"
    assert "tcp port 8080 is taken by VM 'first'" in words


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"name": "a,b"}, "name: must be"),
    "image": ({"image": "../x"}, "image: must be"),
    "no-image": ({"image": "dstack-none"}, "no image 'dstack-none'"),
    "vcpu": ({"vcpu": 0}, "vcpu: must be"),
    "vcpu-text": ({"vcpu": "2"}, "vcpu: Input should be a valid integer"),
    "memory": ({"memory": -1}, "memory: "),
    "app-id": ({"app_id": "zz"}, "app_id: must be"),
    "port": (
        {"port_map": [{"address": "127.0.0.1,x", "protocol": "tcp", "from": 1, "to": 2}]},
        "ports[0].host_address",
    ),
    "port-number": ({"port_map": [{"address": "", "protocol": "tcp", "from": 70000, "to": 2}]}, "ports[0]"),
    "bridge": ({"networking": {"mode": "bridge", "bridge_name": "a b"}}, "networks[0].bridge_name"),
    "custom": ({"networks": [{"mode": "custom"}]}, "networks[0].mode"),
    "url": ({"kms_urls": ["file:///etc"]}, "kms_urls[0]"),
    "gpu": ({"gpus": {"attach_mode": "listed", "gpus": [{"slot": "x,y"}]}}, "gpus.gpus[0].slot"),
    "id": ({"id": "another"}, "of another VM: 'another'"),
    "nul": ({"name": "a\0b"}, "name: "),
    "tee": ({"no_tee": False}, "confidential VM"),
    "time": ({"created_at_ms": 2**63}, "created_at_ms"),
    "extra": ({"mine": "x" * 70_000}, "unknown fields hold more"),
}


async def test_bad_ones_are_refused_with_a_reason_and_the_others_come_in(vmm: InProcess) -> None:
    for name, (changed, _) in HOSTILE.items():
        make_folder(vmm.run_path, name, **changed)
    make_folder(vmm.run_path, "good")
    before = snapshot(vmm.run_path)
    assert await reload(vmm) == counts(loaded=1)
    told = await report(vmm)
    for name, (_, words) in HOSTILE.items():
        assert told[name][0] == "refused", name
        assert words in told[name][1], (name, told[name])
    assert await in_database(lambda: list(Vm.objects.values_list("id", flat=True))) == ["good"]
    assert snapshot(vmm.run_path) == before


async def test_files_that_are_not_what_they_seem_are_refused(vmm: InProcess, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(COMPOSE)
    folders = {
        name: make_folder(vmm.run_path, name, port_map=[])
        for name in (
            "linked-compose",
            "linked-shared",
            "no-json",
            "deep",
            "no-manifest",
            "no-compose",
            "bad-compose",
            "not-text",
            "bad-info",
            "bad-state",
            "backing",
            "relative-backing",
            "external",
            "raw-disk",
            "linked-disk",
            "removing",
        )
    }
    shared = {name: folder / "shared" for name, folder in folders.items()}
    (shared["linked-compose"] / "app-compose.json").unlink()
    (shared["linked-compose"] / "app-compose.json").symlink_to(secret)
    shutil.move(shared["linked-shared"], tmp_path / "shared")
    shared["linked-shared"].symlink_to(tmp_path / "shared")
    (folders["no-json"] / "vm-manifest.json").write_text("{")
    (folders["deep"] / "vm-manifest.json").write_text("[" * 100_000)
    (folders["no-manifest"] / "vm-manifest.json").unlink()
    (folders["no-manifest"] / "launch.json").write_text("{}")
    (shared["no-compose"] / "app-compose.json").unlink()
    (shared["bad-compose"] / "app-compose.json").write_text("[]")
    (shared["not-text"] / ".user-config").write_bytes(b"\xff")
    (shared["bad-info"] / ".instance_info").write_text('{"instance_id": "../.."}')
    (folders["bad-state"] / "vm-state.json").write_text('{"started": "yes"}')
    (folders["backing"] / "hda.img").write_bytes(qcow2(b"/etc/shadow"))
    (folders["relative-backing"] / "hda.img").write_bytes(qcow2(b"json:{}/../x"))
    (folders["external"] / "hda.img").write_bytes(qcow2(features=1 << 2))
    (folders["raw-disk"] / "hda.img").write_bytes(b"raw" * 1000)
    (folders["linked-disk"] / "hda.img").symlink_to(secret)
    (folders["removing"] / ".removing").touch()

    assert await reload(vmm) == counts()
    told = await report(vmm)
    assert {name for name, (what, _) in told.items() if what == "refused"} == set(folders)
    assert "'/etc/shadow' is no image" in told["backing"][1]
    assert "is no regular file" in told["linked-compose"][1]
    assert "being removed" in told["removing"][1]


async def test_a_disk_over_an_image_of_this_node_is_welcome(vmm: InProcess) -> None:
    base = conf().image.path / vmm.image / "k"
    folder = make_folder(vmm.run_path, "old-1")
    (folder / "hda.img").write_bytes(qcow2(str(base).encode()))
    assert await reload(vmm) == counts(loaded=1)


async def test_our_own_manifest_reads_back_as_the_same_configuration(vmm: InProcess) -> None:
    asked = vmm.configuration(
        ports=[{"protocol": "tcp", "host_port": 8081, "vm_port": 80, "host_address": "0.0.0.0"}],
        kms_urls=["https://kms.example:1"],
        gateway_urls=["https://gateway.example:2"],
        networks=[{"mode": "user"}, {"mode": "bridge", "bridge_name": "br0"}],
        encrypted_env="00ff",
        user_config="é\n",
        stopped=True,
    )
    vm_id = (await vmm.call("CreateVm", asked)).json()["id"]
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    before = await vmm.info(vm_id)
    row = await in_database(Vm.objects.get)
    configured = await in_database(update.configuration_of, row)
    document = json.loads(RunDir(vmm.run_path / vm_id).manifest.read_text())
    assert await reload(vmm) == counts()
    await in_database(Vm.objects.all().delete)

    assert await reload(vmm) == counts(loaded=1)
    assert (await vmm.info(vm_id)) | {"events": []} == before | {"events": []}
    again = await in_database(Vm.objects.get)
    assert await in_database(update.configuration_of, again) == configured
    assert (again.created_at_ms, again.cid) == (row.created_at_ms, row.cid)
    assert (await vmm.call("UpdateVm", {"id": vm_id, "user_config": "new"})).status_code == 200
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    assert json.loads(RunDir(vmm.run_path / vm_id).manifest.read_text()) == document


async def test_fields_that_we_do_not_know_are_kept_in_the_manifest(vmm: InProcess) -> None:
    folder = make_folder(vmm.run_path, "old-1", from_the_future={"a": [1]})
    await reload(vmm)
    await vmm.call("StartVm", {"id": "old-1"})
    written = json.loads((folder / "vm-manifest.json").read_text())
    assert written["from_the_future"] == {"a": [1]}
    assert {name: written[name] for name in MANIFEST} == MANIFEST


async def test_a_changed_manifest_of_a_stopped_vm_is_taken_over(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    path = RunDir(vmm.run_path / vm_id).manifest
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"name": "renamed", "vcpu": 4, "unknown": 1}))
    assert await reload(vmm) == counts(updated=1)
    info = await vmm.info(vm_id)
    assert (info["name"], info["configuration"]["vcpu"]) == ("renamed", 4)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    assert json.loads(path.read_text()) == document | {"name": "renamed", "vcpu": 4, "unknown": 1}
    assert await reload(vmm) == counts()


async def test_a_change_that_is_not_allowed_is_refused_whole(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True, disk_size=5)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    path = RunDir(vmm.run_path / vm_id).manifest
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "renamed", "disk_size": 4}))
    assert await reload(vmm) == counts()
    assert "never shrinks" in (await report(vmm))[vm_id][1]
    assert (await vmm.info(vm_id))["name"] == "my-app"


async def test_what_a_guest_may_write_changes_nothing_of_a_known_vm(vmm: InProcess) -> None:
    vm_id = await vmm.create(stopped=True)
    await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
    (vmm.run_path / vm_id / "shared" / "app-compose.json").write_text("{}")
    assert await reload(vmm) == counts()
    assert (await vmm.info(vm_id))["configuration"]["compose_file"] == COMPOSE


async def test_a_manifest_of_a_running_vm_is_left_alone(vmm: InProcess) -> None:
    vm_id = await vmm.create()
    path = RunDir(vmm.run_path / vm_id).manifest
    path.write_text(json.dumps(json.loads(path.read_text()) | {"vcpu": 4}))
    assert await reload(vmm) == counts()
    assert (await vmm.info(vm_id))["configuration"]["vcpu"] == 1


async def test_a_vm_whose_directory_vanished_is_forgotten_unless_it_runs(vmm: InProcess) -> None:
    ports = [{"protocol": "tcp", "host_port": 8080, "vm_port": 1}]
    gone, stays, runs = await vmm.create(stopped=True, ports=ports), await vmm.create(), await vmm.create()
    await vmm.until(gone, lambda vm: vm is not None and vm.prepared)
    shutil.rmtree(vmm.run_path / gone)
    shutil.rmtree(vmm.run_path / runs)
    assert await reload(vmm) == counts(removed=1)
    assert await vmm.row(gone) is None
    assert (await vmm.row(stays), await vmm.row(runs)) != (None, None)
    assert await vmm.create(stopped=True, ports=ports)


async def test_an_empty_run_path_forgets_nobody(vmm: InProcess) -> None:
    ids = [await vmm.create(stopped=True) for _ in range(2)]
    for vm_id in ids:
        await vmm.until(vm_id, lambda vm: vm is not None and vm.prepared)
        shutil.move(vmm.run_path / vm_id, vmm.run_path.parent / vm_id)
    response = await vmm.call("ReloadVms")
    assert response.status_code == 409
    assert "is it mounted?" in response.json()["message"]
    assert await in_database(Vm.objects.count) == 2


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_it_counts_in_every_encoding(vmm: InProcess, client: Any) -> None:
    make_folder(vmm.run_path, "old-1")
    told = await client(vmm, "ReloadVms", {})
    assert told.status == 200
    assert [field(told.value, name) for name in ("loaded", "updated", "removed")] == [1, 0, 0]


async def test_get_is_refused(vmm: InProcess) -> None:
    assert (await vmm.client.get("/prpc/ReloadVms")).status_code == 405


async def test_the_state_file_follows_what_should_be(vmm: InProcess) -> None:
    def started() -> Any:
        return json.loads((vmm.run_path / vm_id / "vm-state.json").read_text())["started"]

    vm_id = await vmm.create()
    assert started() is True
    await vmm.call("StopVm", {"id": vm_id})
    await vmm.until(vm_id, lambda _: started() is False)
    await vmm.call("StartVm", {"id": vm_id})
    await vmm.until(vm_id, lambda _: started() is True)
    vmm.driver.die(vm_id, reason=ExitReason.GUEST_SHUTDOWN, code=0)
    row = await vmm.until(vm_id, lambda vm: vm is not None and vm.desired == Desired.STOPPED)
    assert row is not None
    await vmm.until(vm_id, lambda _: started() is False)
