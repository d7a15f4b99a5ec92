"""Folders, file systems and images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.preflight.conftest import AsNobody
from tests.preflight.machine import Machine
from vms.preflight.checks import storage
from vms.preflight.finding import Level
from vms.preflight.mounts import Mount, mount_of

IMAGE = '{"kernel": "k", "initrd": "i", "version": "0.5.3"}'


def room(monkeypatch: pytest.MonkeyPatch, free_bytes: int, inodes: int = 100_000) -> None:
    """The file system's figures; a full disk can't be made on every machine."""
    real = os.statvfs("/")
    figures = list(real)
    figures[0] = figures[1] = 4096
    figures[4] = free_bytes // 4096
    figures[5], figures[7] = 200_000, inodes
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(figures))


def test_a_folder_that_is_not_there_yet_is_looked_at_where_it_will_be(machine: Machine) -> None:
    found = storage.data(machine.host())
    assert found.found.startswith(f"{machine.folder / 'data'} (made at the first start): ")
    assert list(machine.folder.iterdir()) == [machine.root]


def test_a_folder_that_is_there_is_tried_and_left_as_it_was(machine: Machine) -> None:
    data = machine.folder / "data"
    data.mkdir()
    (data / "vmm.sqlite3").write_text("")
    assert storage.data(machine.host()).level is Level.OK
    assert os.listdir(data) == ["vmm.sqlite3"]


def test_a_folder_of_others_names_the_way_in(open_folder: Machine, as_nobody: AsNobody) -> None:
    data = open_folder.folder / "data"
    data.mkdir(mode=0o555)
    found = as_nobody(storage.data, open_folder.host())
    assert (found.level, found.prevents) == (Level.PROBLEM, True)
    assert found.found == f"{data} can't be written by this user"
    assert found.remedy.startswith("sudo install -d -m 700 -o ")
    assert f" {data}, or set data_dir" in found.remedy


def test_a_folder_that_can_t_be_seen_through_is_no_accident(
    open_folder: Machine, as_nobody: AsNobody
) -> None:
    (open_folder.folder / "closed").mkdir(mode=0o000)
    host = open_folder.host(f'run_path = "{open_folder.folder}/closed/vm"\n')
    closed = open_folder.folder / "closed"
    assert as_nobody(storage.run, host).found == (
        f"{closed}/vm can't be made: {closed} can't be written by this user"
    )


def test_a_file_where_a_folder_should_be_is_told(machine: Machine) -> None:
    file = machine.write("file")
    assert storage.run(machine.host(f'run_path = "{file}"\n')).found == f"{file} is no folder"


def test_a_file_system_without_files_of_ours_is_told(machine: Machine) -> None:
    found = storage.run(machine.host('run_path = "/proc"\n'))
    assert found.level is Level.PROBLEM
    assert found.found.startswith("/proc can't be used (") or found.found.startswith("/proc can't be written")


def test_a_disk_that_is_nearly_full_is_a_problem(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 * 1024**2)
    found = storage.data(machine.host())
    assert (found.level, found.prevents) == (Level.PROBLEM, True)
    assert found.found.endswith("100 MiB free, 100000 inodes free")


def test_a_disk_without_inodes_is_a_problem(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 100 * 1024**3, inodes=7)
    assert storage.data(machine.host()).found.endswith("100.0 GiB free, 7 inodes free")


def test_little_room_is_a_warning(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 2 * 1024**3)
    assert storage.run(machine.host()).level is Level.WARNING
    assert storage.image_folder(machine.host()).level is Level.OK
    kept_free = storage.image_folder(machine.host('[image]\nkeep_free = "3G"\n'))
    assert kept_free.level is Level.WARNING
    assert kept_free.found.endswith("2.0 GiB free, less than 3.0 GiB")


@pytest.mark.parametrize(
    "kind,level",
    [("ext4", Level.OK), ("xfs", Level.OK), ("nfs4", Level.PROBLEM), ("tmpfs", Level.WARNING)],
)
def test_a_database_is_on_a_disk_of_this_host(machine: Machine, kind: str, level: Level) -> None:
    machine.write(
        "proc/self/mountinfo",
        f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / {machine.folder} rw shared:1 - {kind} src rw\n",
    )
    assert storage.database(machine.host()).level is level


def test_an_unknown_file_system_is_worth_a_note(machine: Machine) -> None:
    assert storage.database(machine.host()).level is Level.NOTE


def test_mounts_are_found_by_the_longest_way_and_the_last_word() -> None:
    table = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:9 / /srv/with\\040blank rw - xfs /dev/sdb rw\n"
        "3 1 0:9 / /srv/with\\040blank rw - nfs4 host:/ rw\n"
        "nonsense\n"
    )
    assert mount_of(Path("/srv/with blank/data"), table) == Mount(Path("/srv/with blank"), "nfs4")
    assert mount_of(Path("/srv/with"), table) == Mount(Path("/"), "ext4")
    assert mount_of(Path("/srv"), "") is None


def image(machine: Machine, name: str, metadata: str) -> None:
    folder = machine.folder / "data" / "image" / name
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(metadata)
    (folder / "k").write_bytes(b"kernel")
    (folder / "i").write_bytes(b"initrd")


def test_an_image_that_can_be_used_is_named_and_others_are_told(machine: Machine) -> None:
    image(machine, "dstack-0.5.3", IMAGE)
    image(machine, "dstack-broken", "{}")
    found = storage.images(machine.host())
    assert found.level is Level.OK
    assert found.found.startswith("dstack-0.5.3; can't be used: dstack-broken (")


def test_without_an_image_the_ways_to_one_are_named(machine: Machine) -> None:
    none = storage.images(machine.host())
    assert none.level is Level.WARNING
    assert none.found == f"no image in {machine.folder / 'data/image'}"
    assert none.remedy.endswith("for a first try: manage.py demo_image")
    with_registry = storage.images(machine.host('[image]\nregistry = "ghcr.io/somebody/image"\n'))
    assert with_registry.remedy.startswith("manage.py list_images --registry, then manage.py pull_image TAG")
    image(machine, "dstack-broken", "{}")
    assert "can be used: dstack-broken (" in storage.images(machine.host()).found
