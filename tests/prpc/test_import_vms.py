"""``manage.py import_vms``: copies of stopped VMs from elsewhere, and all there is in the run path itself."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.in_process import InProcess
from tests.prpc.test_reload import make_folder, qcow2, snapshot
from vms.database import in_database
from vms.hypervisor.rundir import RunDir
from vms.models import Vm
from vms.worker import moving
from vms.worker.vm_folder import BrokenFolder


@pytest.fixture
async def vmm(vmm: InProcess) -> InProcess:
    """As ``manage.py serve`` leaves it: with a run path."""
    vmm.run_path.mkdir(exist_ok=True)
    return vmm


async def import_vms(source: Path, *options: str) -> tuple[str, str]:
    """What the command wrote, and how it failed if it did."""
    out = io.StringIO()

    def run() -> str:
        try:
            call_command("import_vms", str(source), *options, stdout=out)
        except CommandError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    failure = await asyncio.to_thread(run)
    return out.getvalue(), failure


async def known() -> list[str]:
    return await in_database(lambda: sorted(Vm.objects.values_list("id", flat=True)))


async def test_stopped_vms_are_copied_and_the_originals_stay_as_they_are(
    vmm: InProcess, tmp_path: Path
) -> None:
    source = tmp_path / "elsewhere"
    folder = make_folder(source, "old-1", started=True)
    (folder / "hda.img").write_bytes(qcow2())
    os.truncate(folder / "hda.img", 1 << 30)
    (folder / "qemu.pid").write_text("1")
    (folder / "swtpm").mkdir()
    (folder / "swtpm" / "tpm2-00.permall").write_bytes(b"state")
    (folder / "shared" / "link").symlink_to("/etc/shadow")
    os.mkfifo(folder / "serial.pipe")
    (folder / "hda.img").chmod(0o640)
    before = snapshot(source / "old-1" / "shared") | snapshot(folder / "swtpm")

    out, failure = await import_vms(source)

    assert (failure, await known()) == ("", ["old-1"])
    assert "old-1: taken over as a copy, stopped" in out
    assert (await vmm.info("old-1"))["status"] == "stopped"
    copy = vmm.run_path / "old-1"
    assert sorted(path.name for path in copy.rglob("*")) == [
        *("app-compose.json", "hda.img", "shared", "swtpm", "tpm2-00.permall", "vm-manifest.json"),
    ]
    assert (copy / "hda.img").stat().st_size == 1 << 30
    assert (copy / "hda.img").stat().st_blocks < 100
    assert (copy / "hda.img").stat().st_mode & 0o777 == 0o640
    assert snapshot(folder / "shared") | snapshot(folder / "swtpm") == before
    assert json.loads((folder / "vm-state.json").read_text()) == {"started": True}
    assert (await vmm.call("StartVm", {"id": "old-1"})).status_code == 204


async def test_a_dry_run_says_all_and_does_nothing(vmm: InProcess, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere"
    make_folder(source, "first")
    make_folder(source, "second")  # wants the same port
    make_folder(source, "third", port_map=[], vcpu=0)
    out, failure = await import_vms(source, "--dry-run")
    assert failure == "2 of 3 VMs were refused"
    assert "first: would be taken over as a copy, stopped" in out
    assert "second: refused: ports[0].host_port: tcp port 8080 is taken by VM 'from-elsewhere' (first" in out
    assert "third: refused: vcpu: must be" in out
    assert await known() == []
    assert list(vmm.run_path.iterdir()) == []


async def test_bad_ones_are_refused_before_anything_is_copied_and_the_others_come_in(
    vmm: InProcess, tmp_path: Path
) -> None:
    source = tmp_path / "elsewhere"
    make_folder(source, "bad", image="dstack-none")
    make_folder(source, "good")
    out, failure = await import_vms(source)
    assert (failure, await known()) == ("1 of 2 VMs were refused", ["good"])
    assert "bad: refused: image: no image 'dstack-none'" in out
    assert [path.name for path in vmm.run_path.iterdir()] == ["good"]
    out, failure = await import_vms(source)
    assert "good: is known already" in out


async def test_a_running_vm_elsewhere_is_refused_with_the_way_out(vmm: InProcess, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere"
    folder = make_folder(source, "runs", started=True)
    with subprocess.Popen(
        ["/opt/qemu-system-x86_64", "-c", "read _", "sh", f"{folder}/hda.img"],
        executable="/bin/sh",
        stdin=subprocess.PIPE,
    ) as process:
        try:
            out, failure = await import_vms(source)
        finally:
            process.kill()
    assert failure == "1 of 1 VMs were refused"
    assert f"it runs (pid {process.pid})" in out
    assert f"run_path = '{source}'" in out
    assert list(vmm.run_path.iterdir()) == []


async def test_from_the_run_path_itself_vms_are_taken_over_as_they_are(vmm: InProcess) -> None:
    make_folder(vmm.run_path, "stopped", started=False)
    make_folder(vmm.run_path, "runs", started=True, port_map=[])
    vmm.driver.start_foreign("runs")
    before = snapshot(vmm.run_path)
    _, failure = await import_vms(vmm.run_path)
    assert (failure, await known()) == ("", ["runs", "stopped"])
    assert [(await vmm.info(vm_id))["status"] for vm_id in ("runs", "stopped")] == ["running", "stopped"]
    assert snapshot(vmm.run_path) == before


async def test_a_place_that_is_taken_is_left_alone(vmm: InProcess, tmp_path: Path) -> None:
    make_folder(tmp_path / "elsewhere", "old-1")
    (vmm.run_path / "old-1").mkdir(parents=True)
    (vmm.run_path / "old-1" / "precious").write_text("mine")
    out, failure = await import_vms(tmp_path / "elsewhere")
    assert "is there already" in out
    assert failure
    assert (vmm.run_path / "old-1" / "precious").read_text() == "mine"


async def test_two_imports_at_once_are_one_too_many(vmm: InProcess, tmp_path: Path) -> None:
    make_folder(tmp_path / "elsewhere", "old-1")
    with moving.alone(vmm.run_path):
        _, failure = await import_vms(tmp_path / "elsewhere")
    assert failure == f"another import into {vmm.run_path} is under way; wait for its end"
    assert await known() == []


async def test_what_an_import_left_unfinished_is_removed_but_never_under_its_hands(
    vmm: InProcess, tmp_path: Path
) -> None:
    unfinished = vmm.run_path / ".importing-old-1"
    with moving.alone(vmm.run_path):
        unfinished.mkdir()
        moving.clean_up(vmm.run_path)
        assert unfinished.exists()
    moving.clean_up(vmm.run_path)
    assert not unfinished.exists()


async def test_a_copy_of_another_original_is_not_taken_for_this_one(vmm: InProcess, tmp_path: Path) -> None:
    """Ids can be chosen: that something was imported under this one says nothing."""
    first = RunDir(make_folder(tmp_path / "first", "old-1"))
    second = RunDir(make_folder(tmp_path / "second", "old-1"))
    moving.copy(first, vmm.run_path)
    moving.copy(first, vmm.run_path)
    with pytest.raises(BrokenFolder, match="is there already"):
        moving.copy(second, vmm.run_path)


async def test_a_copy_that_fails_leaves_nothing(
    vmm: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder(tmp_path / "elsewhere", "old-1")
    monkeypatch.setattr("vms.worker.moving.MAX_FILES", 2)
    out, _ = await import_vms(tmp_path / "elsewhere")
    assert "old-1: refused: it holds more than 2 files" in out
    assert list(vmm.run_path.iterdir()) == []
    shutil.rmtree(tmp_path / "elsewhere")


@pytest.mark.django_db(transaction=True)
async def test_without_a_server_nothing_is_done(tmp_path: Path) -> None:
    make_folder(tmp_path, "old-1")
    _, failure = await import_vms(tmp_path)
    assert "never run here" in failure
