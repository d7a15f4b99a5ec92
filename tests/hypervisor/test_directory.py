"""Files of a VM: whole or not there, and never outside its directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hypervisor import machines
from vms.hypervisor import directory
from vms.hypervisor.durable import read_regular_file, replace_file
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.log_rotation import begin_boot
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import ImageFiles, LogLimits

SPEC = machines.guest_spec(ImageFiles(Path("/kernel"), Path("/initrd")))


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    path = tmp_path / "vm-1"
    path.mkdir()
    return RunDir(path)


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "run" / "vm-1")
    directory.fill(run_dir, SPEC)
    modes = [path.stat().st_mode & 0o777 for path in (run_dir.path, run_dir.shared, run_dir.manifest)]
    assert modes == [0o700, 0o700, 0o600]


def test_a_link_that_a_guest_put_in_the_way_is_replaced_not_followed(run_dir: RunDir, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    run_dir.shared.mkdir()
    (run_dir.shared / "app-compose.json").symlink_to(victim)
    directory.fill(run_dir, SPEC)
    assert victim.read_bytes() == b"kept"
    assert not (run_dir.shared / "app-compose.json").is_symlink()


def test_a_folder_that_a_guest_put_in_the_way_is_refused_in_words(run_dir: RunDir) -> None:
    (run_dir.shared / "app-compose.json").mkdir(parents=True)
    with pytest.raises(LaunchRefused, match="cannot write the VM's directory"):
        directory.fill(run_dir, SPEC)


def test_three_boots_of_logs_are_kept(run_dir: RunDir) -> None:
    for boot in range(1, 6):
        begin_boot(run_dir, LogLimits(max_backups=3))
        run_dir.serial_log.write_text(f"boot {boot}")
    begin_boot(run_dir, LogLimits(max_backups=3))
    segments = {path.name: path.read_text() for path in run_dir.path.glob("serial.log*")}
    assert segments == {f"serial.log.{boot:06}.000000000000": f"boot {boot}" for boot in (3, 4, 5)}


def test_an_empty_log_pushes_no_other_out(run_dir: RunDir) -> None:
    for content in ("boot 1", "", "", ""):
        begin_boot(run_dir, LogLimits(max_backups=1))
        run_dir.serial_log.write_text(content)
    begin_boot(run_dir, LogLimits(max_backups=1))
    assert [path.read_text() for path in run_dir.path.glob("serial.log.*")] == ["boot 1"]


def test_a_directory_that_is_a_link_is_not_removed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "vm-1").symlink_to(elsewhere)
    with pytest.raises(RuntimeError, match="is a link"):
        directory.delete(RunDir(tmp_path / "vm-1"))
    assert elsewhere.exists()


def test_a_half_written_file_of_a_killed_server_is_in_nobody_s_way(run_dir: RunDir) -> None:
    (run_dir.path / ".note.new").write_bytes(b"hal")
    replace_file(run_dir.path / "note", b"whole")
    assert {path.name: path.read_bytes() for path in run_dir.path.iterdir()} == {"note": b"whole"}


def test_what_is_no_regular_file_is_not_read(run_dir: RunDir) -> None:
    file = run_dir.path / "file"
    file.write_bytes(b"12345")
    (run_dir.path / "link").symlink_to(file)
    assert read_regular_file(file, 3) == b"123"
    assert read_regular_file(run_dir.path / "link", 3) is None
    assert read_regular_file(run_dir.path, 3) is None
    assert read_regular_file(run_dir.path / "missing", 3) is None
