"""What a backup has, how it is written, and that all of it comes back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backup.house import DISK, RESTS, RUNS, WISH, files_of, lay_out, places
from tests.rows import make_node, make_vm
from vms.backup import make
from vms.backup.errors import BackupFailed
from vms.backup.make import Places, make_backup
from vms.backup.put_back import put_back
from vms.hypervisor import lock
from vms.hypervisor.rundir import RunDir

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(tmp_path: Path) -> Places:
    found = lay_out(tmp_path / "data")
    with closing(sqlite3.connect(found.data_dir / "vmm.sqlite3")) as database, database:
        for vm_id, actual in ((RUNS, "on"), (RESTS, "off")):
            vm = make_vm(id=vm_id, name=vm_id, node=make_node(), actual=actual, pid=7)
            columns = [str(field.column) for field in vm._meta.concrete_fields]
            values = [_plain(getattr(vm, field.attname)) for field in vm._meta.concrete_fields]
            database.execute(
                f"INSERT INTO vms_vm ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", values
            )
    return found


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | bytes | None) else "[]"


def quiet(*_: object) -> None:
    pass


def test_it_all_comes_back_but_what_was_of_the_run_alone(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.zst"
    made = make_backup(file, house, WISH, quiet)
    assert made.left_out == ()
    assert set(made.about.vms) == {RUNS, RESTS}
    before = files_of(house.run_path)
    done = put_back(file, places(tmp_path / "again"), quiet)
    assert done.without_disk == ()
    after = files_of(tmp_path / "again" / "vm")
    assert after == {
        name: data for name, data in before.items() if not name.endswith(("serial.log", "qemu.lock"))
    }
    assert sorted(os.listdir(tmp_path / "again")) == ["image", "secret-key", "vm", "vmm.sqlite3"]
    assert (tmp_path / "again" / "secret-key").read_text() == "secret"


def test_modes_and_holes_are_kept(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.zst"
    make_backup(file, house, WISH, quiet)
    put_back(file, places(tmp_path / "again"), quiet)
    disk = tmp_path / "again" / "vm" / RESTS / "hda.img"
    assert disk.read_bytes() == DISK
    assert stat.S_IMODE(disk.stat().st_mode) == 0o640
    assert disk.stat().st_blocks * 512 < len(DISK) / 4
    assert stat.S_IMODE(disk.parent.stat().st_mode) == 0o700


def test_in_the_copy_nothing_runs(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.zst"
    make_backup(file, house, WISH, quiet)
    put_back(file, places(tmp_path / "again"), quiet)
    with closing(sqlite3.connect(tmp_path / "again" / "vmm.sqlite3")) as database:
        rows = database.execute("SELECT actual, pid, desired FROM vms_vm WHERE id = ?", (RUNS,)).fetchall()
        nodes = database.execute("SELECT boot_id, heartbeat_at_ms FROM vms_node").fetchall()
    assert rows == [("off", None, "running")]
    assert nodes == [("restored", 0)]
    with closing(sqlite3.connect(house.data_dir / "vmm.sqlite3")) as database:
        assert database.execute("SELECT actual FROM vms_vm WHERE id = ?", (RUNS,)).fetchone() == ("on",)


def test_it_is_for_its_owner_and_appears_whole(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "backup.tar.zst"
    file.parent.mkdir()
    seen: list[list[str]] = []
    make_backup(file, house, WISH, lambda *_: seen.append(os.listdir(file.parent)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert seen
    assert all(file.name not in names for names in seen)
    assert os.listdir(file.parent) == [file.name]


def test_one_that_is_there_is_not_overwritten(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.zst"
    file.write_text("precious")
    with pytest.raises(BackupFailed, match="is there already; name another file"):
        make_backup(file, house, WISH, quiet)
    assert file.read_text() == "precious"


def test_a_full_disk_leaves_nothing(house: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(BackupFailed, match="can't be written: No space left on device"):
        make_backup(folder / "backup.tar.zst", house, WISH, full)
    assert os.listdir(folder) == []


def test_disks_may_be_left_out_and_are_named_then(house: Places, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.zst"
    make_backup(file, house, replace(WISH, with_disks=False), quiet)
    done = put_back(file, places(tmp_path / "again"), quiet)
    assert set(done.without_disk) == {RUNS, RESTS}
    assert not list((tmp_path / "again").rglob("hda.img"))


def test_a_disk_that_qemu_does_not_give_is_left_out_and_named(
    house: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "TRIES", 1)
    with lock.held(RunDir.of(house.run_path, RUNS)):
        made = make_backup(tmp_path / "backup.tar.zst", house, WISH, quiet)
    assert len(made.left_out) == 1
    assert made.left_out[0].startswith(f"VM '{RUNS}' ({RUNS}): its disk: ")
    done = put_back(tmp_path / "backup.tar.zst", places(tmp_path / "again"), quiet)
    assert done.without_disk == (RUNS,)


def test_a_copy_takes_no_room_that_running_vms_need(
    house: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "KEEP_FREE", 1 << 60)
    with lock.held(RunDir.of(house.run_path, RUNS)):
        made = make_backup(tmp_path / "backup.tar.zst", house, WISH, quiet)
    assert "are kept for VMs that run, but only" in made.left_out[0]
    assert not list(house.run_path.rglob("hda.backup"))


def test_while_a_file_is_copied_no_vm_begins_to_write_it(house: Places, tmp_path: Path) -> None:
    held = []

    def look(what: str, done: int, total: int) -> None:
        held.append((what, lock.is_held(RunDir.of(house.run_path, RESTS))))

    make_backup(tmp_path / "backup.tar.zst", house, WISH, look)
    assert (f"VM {RESTS}", True) in held
    assert not lock.is_held(RunDir.of(house.run_path, RESTS))


def test_what_a_guest_put_into_its_folder_is_taken_with_care(house: Places, tmp_path: Path) -> None:
    shared = house.run_path / RUNS / "shared"
    (shared / "link").symlink_to("/etc/passwd")
    os.mkfifo(shared / "pipe")
    with (shared / "huge").open("wb") as huge:
        huge.truncate(1 << 40)
    (shared / "a b\n").write_text("odd")
    made = make_backup(tmp_path / "backup.tar.zst", house, WISH, quiet)
    assert [words.partition(": ")[2] for words in made.left_out] == [
        "shared/huge is gone, or too large for what it is"
    ]
    put_back(tmp_path / "backup.tar.zst", places(tmp_path / "again"), quiet)
    assert sorted(os.listdir(tmp_path / "again" / "vm" / RUNS / "shared")) == [
        ".user-config",
        "app-compose.json",
    ]


def test_a_log_that_becomes_shorter_while_it_is_read_breaks_nothing(house: Places, tmp_path: Path) -> None:
    disk = house.run_path / RESTS / "hda.img"

    def cut(what: str, done: int, total: int) -> None:
        if what == f"VM {RESTS}" and done > len(DISK):
            os.truncate(disk, 100)

    make_backup(tmp_path / "backup.tar.zst", house, WISH, cut)
    put_back(tmp_path / "backup.tar.zst", places(tmp_path / "again"), quiet)


@pytest.mark.parametrize("damage", ["gone", "garbage", "another"])
def test_without_a_sound_database_nothing_is_made(house: Places, tmp_path: Path, damage: str) -> None:
    database = house.data_dir / "vmm.sqlite3"
    database.unlink()
    if damage == "garbage":
        database.write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    if damage == "another":
        with closing(sqlite3.connect(database)) as other:
            other.execute("CREATE TABLE t (a)")
    with pytest.raises(BackupFailed):
        make_backup(tmp_path / "backup.tar.zst", house, WISH, quiet)
    assert not (tmp_path / "backup.tar.zst").exists()


def test_images_go_along_where_they_are_asked_for(house: Places, tmp_path: Path) -> None:
    folder = house.image_path / "dstack-1" / "sub"
    folder.mkdir(parents=True)
    (folder / "kernel").write_bytes(b"kernel")
    with closing(sqlite3.connect(house.data_dir / "vmm.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO vms_image (node_id, name, version, description, is_dev, digest, supports, size, "
            "problem, deleting, delete_error) VALUES (1, 'dstack-1', '', '', 0, 'ab', '[]', 0, '', 0, '')"
        )
    make_backup(tmp_path / "without", house, WISH, quiet)
    assert put_back(tmp_path / "without", places(tmp_path / "a"), quiet).missing_images == ("dstack-1",)
    make_backup(tmp_path / "with", house, replace(WISH, with_images=True), quiet)
    assert put_back(tmp_path / "with", places(tmp_path / "b"), quiet).missing_images == ()
    restored = tmp_path / "b" / "image" / "dstack-1"
    assert files_of(restored) == {"sub/kernel": b"kernel"}
    assert stat.S_IMODE((restored / "sub").stat().st_mode) == 0o755


def test_folders_elsewhere_are_put_back_elsewhere(house: Places, tmp_path: Path) -> None:
    make_backup(tmp_path / "file", house, WISH, quiet)
    apart = Places(tmp_path / "d", tmp_path / "v", tmp_path / "i")
    put_back(tmp_path / "file", apart, quiet)
    assert sorted(os.listdir(apart.run_path)) == [RESTS, RUNS]
    assert sorted(os.listdir(apart.data_dir)) == ["secret-key", "vmm.sqlite3"]
    shutil.rmtree(apart.data_dir)
    with pytest.raises(BackupFailed, match=r"v is not empty \(vm-rests\)"):
        put_back(tmp_path / "file", apart, quiet)
