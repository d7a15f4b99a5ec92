"""The shared disk: read back by the specification, checked by the programs that others use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hypervisor import fat_reader
from vms.hypervisor import fat32, shared_disk
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.shared_disk import ensure_shared_disk
from vms.hypervisor.spec import ShareMode

USUAL = {
    "app-compose.json": b'{"name": "app"}',
    ".sys-config.json": b"{}",
    ".user-config": b"",
    ".encrypted-env": bytes(range(256)) * 7,
    ".instance_info": b"{}",
    ".tee-simulator.json": b"1" * fat32.SECTOR,
    "ein schöner Name, länger als ein Eintrag.txt": b"2" * (fat32.SECTOR + 1),
}


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    (tmp_path / "shared").mkdir()
    return RunDir(tmp_path)


def fill(run_dir: RunDir, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (run_dir.shared / name).write_bytes(content)


def built(run_dir: RunDir) -> bytes:
    ensure_shared_disk(run_dir, ShareMode.VHD)
    return run_dir.shared_disk.read_bytes()


def test_every_file_is_read_back_whole_under_its_name(run_dir: RunDir) -> None:
    fill(run_dir, USUAL)
    listing = fat_reader.read(built(run_dir))
    assert listing.label == "DSTACKSHR"
    assert listing.files == USUAL
    assert listing.short_names["app-compose.json"] == "APP-CO~6JSO"


def test_the_disk_is_128_mib_and_takes_no_more_than_its_files(run_dir: RunDir) -> None:
    fill(run_dir, {"app-compose.json": b"x" * 2**20})
    built(run_dir)
    found = run_dir.shared_disk.stat()
    assert found.st_size == 128 * 2**20
    assert found.st_blocks * 512 < 2**22
    assert found.st_mode & 0o777 == 0o600


def test_two_files_as_large_as_guests_read_fit(run_dir: RunDir) -> None:
    large = os.urandom(2**20) * 50
    fill(run_dir, {"app-compose.json": large, ".user-config": large[::-1]})
    listing = fat_reader.read(built(run_dir))
    assert listing.files["app-compose.json"] == large
    assert listing.files[".user-config"] == large[::-1]


def test_the_last_byte_fits_and_one_more_is_refused_with_figures(run_dir: RunDir) -> None:
    # One sector is the directory's.
    most = fat32.CAPACITY - fat32.SECTOR
    with open(run_dir.shared / "full", "wb") as file:
        file.truncate(most)
    assert len(fat_reader.read(built(run_dir)).files["full"]) == most
    with open(run_dir.shared / "full", "ab") as file:
        file.write(b"1")
    before = run_dir.shared_disk.stat().st_ino
    with pytest.raises(LaunchRefused, match=rf"1 files of {most + 1} bytes don't fit .* {fat32.CAPACITY}"):
        ensure_shared_disk(run_dir, ShareMode.VHD)
    assert run_dir.shared_disk.stat().st_ino == before


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order_made(tmp_path: Path) -> None:
    disks = []
    for number, names in enumerate((list(USUAL), list(reversed(USUAL)))):
        run_dir = RunDir(tmp_path / str(number))
        run_dir.shared.mkdir(parents=True)
        fill(run_dir, {name: USUAL[name] for name in names})
        for name in names:
            os.utime(run_dir.shared / name, (number * 1e9, number * 1e9))
        disks.append(built(run_dir))
    assert disks[0] == disks[1]


def test_what_changed_is_on_the_next_disk_and_what_is_gone_is_not(run_dir: RunDir) -> None:
    fill(run_dir, {"stays": b"1", "goes": b"2", "changes": b"3"})
    built(run_dir)
    (run_dir.shared / "goes").unlink()
    fill(run_dir, {"changes": b"33"})
    assert fat_reader.read(built(run_dir)).files == {"stays": b"1", "changes": b"33"}


def test_neither_links_nor_folders_nor_pipes_are_followed(run_dir: RunDir, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"the host's")
    fill(run_dir, {"file": b"1"})
    (run_dir.shared / "link").symlink_to(secret)
    (run_dir.shared / "folder").mkdir()
    (run_dir.shared / "folder" / "inner").write_bytes(b"2")
    os.mkfifo(run_dir.shared / "pipe")
    assert fat_reader.read(built(run_dir)).files == {"file": b"1"}


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def become_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    "swap, words",
    [
        (lambda path: path.write_bytes(b"longer"), "changed while it was being copied"),
        (lambda path: path.write_bytes(b""), "changed while it was being copied"),
        (become_a_pipe, "no regular file any more"),
        (become_a_link, "can't be made"),
        (lambda path: path.unlink(), "can't be made"),
    ],
)
def test_a_file_that_is_swapped_at_the_last_moment_is_refused(
    run_dir: RunDir, monkeypatch: pytest.MonkeyPatch, swap: Callable[[Path], object], words: str
) -> None:
    fill(run_dir, {"file": b"1234"})
    opened = shared_disk._open

    def too_late(path: Path) -> object:
        swap(path)
        return opened(path)

    monkeypatch.setattr(shared_disk, "_open", too_late)
    with pytest.raises(LaunchRefused, match=words):
        ensure_shared_disk(run_dir, ShareMode.VHD)
    assert not run_dir.shared_disk.exists()


@pytest.mark.parametrize("name", ["a:b", "what?", "trailing.", "space ", "back\\slash", "line\nbreak", '"'])
def test_a_name_that_fat_does_not_know_is_refused_by_name(run_dir: RunDir, name: str) -> None:
    fill(run_dir, {name: b""})
    with pytest.raises(LaunchRefused, match="can't name a file on a FAT disk"):
        ensure_shared_disk(run_dir, ShareMode.VHD)


def test_names_that_are_one_to_fat_or_no_text_are_refused(run_dir: RunDir) -> None:
    fill(run_dir, {"file": b"", "FILE": b""})
    with pytest.raises(LaunchRefused, match="'file' and another file have the same name"):
        ensure_shared_disk(run_dir, ShareMode.VHD)
    (run_dir.shared / "file").unlink()
    (run_dir.shared / "FILE").rename(run_dir.shared / os.fsdecode(b"\xff"))
    with pytest.raises(LaunchRefused, match="is no text"):
        ensure_shared_disk(run_dir, ShareMode.VHD)


def test_a_guest_that_makes_files_without_end_is_told_how_many_there_may_be(run_dir: RunDir) -> None:
    fill(run_dir, {f"file-{number}": b"1" for number in range(shared_disk.MAX_FILES)})
    assert len(fat_reader.read(built(run_dir)).files) == shared_disk.MAX_FILES
    fill(run_dir, {"one-more": b""})
    with pytest.raises(LaunchRefused, match=f"more than {shared_disk.MAX_FILES} files"):
        ensure_shared_disk(run_dir, ShareMode.VHD)


def test_half_a_disk_of_a_killed_server_is_in_nobodys_way(run_dir: RunDir) -> None:
    run_dir.shared_disk.with_name("shared.img.new").write_bytes(b"half")
    fill(run_dir, {"file": b"1"})
    assert fat_reader.read(built(run_dir)).files == {"file": b"1"}
    assert not run_dir.shared_disk.with_name("shared.img.new").exists()


@pytest.mark.parametrize("mode", [ShareMode.NINEP, ShareMode.VVFAT])
def test_no_disk_with_old_secrets_is_left_when_the_mode_changes(run_dir: RunDir, mode: ShareMode) -> None:
    fill(run_dir, USUAL)
    built(run_dir)
    ensure_shared_disk(run_dir, mode)
    assert not run_dir.shared_disk.exists()
    ensure_shared_disk(run_dir, mode)


FSCK = shutil.which("fsck.vfat", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
"""Lies where only root looks."""

NAMES = st.text(
    st.characters(exclude_characters='/\0"*:<>?\\|\x7f', exclude_categories=("Cs", "Cc")),
    min_size=1,
    max_size=80,
).filter(lambda name: len(name.encode()) <= 255 and name not in (".", "..") and name[-1] not in ". ")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(NAMES, st.binary(max_size=1200), max_size=12).filter(
        lambda files: len({name.upper() for name in files}) == len(files)
    )
)
def test_any_name_and_content_comes_through(tmp_path: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(tmp_path / "shared", ignore_errors=True)
    (tmp_path / "shared").mkdir()
    run_dir = RunDir(tmp_path)
    fill(run_dir, files)
    assert fat_reader.read(built(run_dir)).files == files


@pytest.mark.skipif(FSCK is None, reason="dosfstools is not installed")
def test_fsck_finds_nothing_wrong(run_dir: RunDir) -> None:
    fill(run_dir, USUAL | {f"many-{number}": b"1" * number for number in range(300)})
    built(run_dir)
    command = [str(FSCK), "-n", "-v", str(run_dir.shared_disk)]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
    assert f"{1 + len(USUAL) + 300} files," in said.stdout


@pytest.mark.skipif(shutil.which("mcopy") is None, reason="mtools is not installed")
def test_mtools_reads_the_same_bytes(run_dir: RunDir, tmp_path: Path) -> None:
    fill(run_dir, USUAL)
    built(run_dir)
    (tmp_path / "out").mkdir()
    environment = {"MTOOLS_SKIP_CHECK": "0", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    copy = ["mcopy", "-i", str(run_dir.shared_disk), "::*", str(tmp_path / "out")]
    subprocess.run(copy, check=True, env=environment)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == USUAL
