"""Archives that are damaged, or want to get out: refused whole, with nothing put anywhere."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from tests.backup.house import RUNS, Member, about, archive, database, places, plain
from vms.backup.errors import BackupFailed
from vms.backup.put_back import put_back

pytestmark = pytest.mark.django_db
FIRST = plain("backup.json", about())
HOSTILE: dict[str, Member] = {
    "absolute": plain("/etc/cron.d/x"),
    "out by ..": plain("vm/../../x"),
    "out of a VM": plain(f"vm/{RUNS}/shared/../../../../x"),
    ".. alone": plain(".."),
    "a dot": plain(f"vm/{RUNS}/shared/./x"),
    "an empty part": plain(f"vm/{RUNS}/shared//x"),
    "no VM's id": plain("vm/a b/hda.img"),
    "no file of a VM": plain(f"vm/{RUNS}/qemu.argv.json"),
    "launch record": plain(f"vm/{RUNS}/launch.json"),
    "a VM that is a file": plain(f"vm/{RUNS}"),
    "a folder that is a file": plain(f"vm/{RUNS}/shared"),
    "no part of ours": plain("etc/x"),
    "no database of ours": plain("database/x.sqlite3"),
    "the settings": plain("database/vmm.toml"),
    "an image that is a file": plain("image/x"),
    "a hidden stage": plain("image/../.restoring/x"),
    "odd characters": plain(f"vm/{RUNS}/shared/a\nb"),
    "far too deep": plain(f"vm/{RUNS}/shared/" + "a/" * 20 + "x"),
    "a symlink": plain(f"vm/{RUNS}/shared/x", b"", tarfile.SYMTYPE, "/etc/passwd"),
    "a symlink in place of a folder": plain(f"vm/{RUNS}/shared/x", b"", tarfile.SYMTYPE, "/etc"),
    "a hard link": plain(f"vm/{RUNS}/hda.img", b"", tarfile.LNKTYPE, "backup.json"),
    "a device": plain(f"vm/{RUNS}/hda.img", b"", tarfile.CHRTYPE),
    "a pipe": plain(f"vm/{RUNS}/hda.img", b"", tarfile.FIFOTYPE),
    "a folder": plain(f"vm/{RUNS}/shared/x", b"", tarfile.DIRTYPE),
    "a second backup.json": plain("backup.json", about()),
}


def refused(file: Path, folder: Path) -> str:
    """What is said; nothing is there but what was there before."""
    with pytest.raises(BackupFailed) as error:
        put_back(file, places(folder), lambda *_: None)
    left = [path for path in folder.rglob("*") if not path.is_dir()] if folder.exists() else []
    assert left == []
    return str(error.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_gets_out(tmp_path: Path, name: str) -> None:
    file = archive(tmp_path / "file", FIRST, HOSTILE[name])
    before = sorted(os.listdir(tmp_path))
    refused(file, tmp_path / "data")
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "data"])


def test_a_name_in_an_extension_header_is_held_to_the_same(tmp_path: Path) -> None:
    member, data = plain(f"vm/{RUNS}/hda.img")
    member.pax_headers = {"path": "../../x"}
    assert "belongs in no backup" in refused(
        archive(tmp_path / "file", FIRST, (member, data)), tmp_path / "d"
    )


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    shared = f"vm/{RUNS}/shared/a"
    refused(archive(tmp_path / "file", FIRST, plain(shared), plain(f"{shared}/b")), tmp_path / "d")


@pytest.mark.parametrize(
    "sums",
    [
        b"",
        b"0" * 64 + b"  backup.json\n",
        b"nonsense",
        b"\xff\xfe",
    ],
)
def test_sums_must_be_right_and_complete(tmp_path: Path, sums: bytes) -> None:
    file = archive(tmp_path / "file", FIRST, plain(f"vm/{RUNS}/hda.img"), sums=sums)
    assert "is not as it was when the backup was made" in refused(file, tmp_path / "data")


def test_every_cut_and_every_flipped_bit_is_found(tmp_path: Path) -> None:
    whole = archive(
        tmp_path / "file", FIRST, plain("database/vmm.sqlite3", database(tmp_path / "house"))
    ).read_bytes()
    put_back(tmp_path / "file", places(tmp_path / "good"), lambda *_: None)
    for at in range(0, len(whole), max(1, len(whole) // 12)):
        (tmp_path / "cut").write_bytes(whole[:at])
        refused(tmp_path / "cut", tmp_path / f"cut-{at}")
        flipped = bytearray(whole)
        flipped[at] ^= 0x10
        (tmp_path / "flipped").write_bytes(flipped)
        refused(tmp_path / "flipped", tmp_path / f"flipped-{at}")


@pytest.mark.parametrize(
    "first, words",
    [
        (plain("vm/x/hda.img"), "it does not begin with backup.json"),
        (plain("backup.json", b"{}"), "can't be understood"),
        (plain("backup.json", b"[" * 100_000), "can't be understood"),
        (plain("backup.json", b'{"format": 2, "version": "9.0"}'), "made by version 9.0, whose backups"),
        (plain("backup.json", b'{"format": 1, "vms": []}'), "can't be understood"),
    ],
)
def test_what_it_says_of_itself_must_be_understood(tmp_path: Path, first: Member, words: str) -> None:
    assert words in refused(archive(tmp_path / "file", first), tmp_path / "data")


@pytest.mark.parametrize("data", [b"", b"x" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_database_that_is_none_of_ours_is_refused(tmp_path: Path, data: bytes) -> None:
    file = archive(tmp_path / "file", FIRST, plain("database/vmm.sqlite3", data))
    assert "database" in refused(file, tmp_path / "data")


def test_a_newer_version_s_additions_are_ignored(tmp_path: Path) -> None:
    import json

    more = json.dumps(json.loads(about()) | {"of_a_newer_version": [1]}).encode()
    file = archive(
        tmp_path / "file",
        plain("backup.json", more),
        plain("database/vmm.sqlite3", database(tmp_path / "house")),
    )
    assert put_back(file, places(tmp_path / "data"), lambda *_: None).about.node == "rack-3"


@pytest.mark.parametrize("there", ["vmm.sqlite3", "vm/vm-1/hda.img", "anything"])
def test_where_something_is_nothing_is_put(tmp_path: Path, there: str) -> None:
    precious = tmp_path / "data" / there
    precious.parent.mkdir(parents=True)
    precious.write_text("precious")
    file = archive(tmp_path / "file", FIRST, plain("database/vmm.sqlite3", database(tmp_path / "house")))
    with pytest.raises(BackupFailed, match="is not empty"):
        put_back(file, places(tmp_path / "data"), lambda *_: None)
    assert precious.read_text() == "precious"


def test_what_an_attempt_left_that_was_killed_hinders_nothing(tmp_path: Path) -> None:
    for stage in ("", "vm", "image"):
        left = tmp_path / "data" / stage / ".restoring" / "vm" / "half"
        left.parent.mkdir(parents=True)
        left.write_text("half")
    (tmp_path / "data" / "secret-key").write_text("made by the command itself")
    file = archive(tmp_path / "file", FIRST, plain("database/vmm.sqlite3", database(tmp_path / "house")))
    put_back(file, places(tmp_path / "data"), lambda *_: None)
    assert sorted(os.listdir(tmp_path / "data")) == ["image", "secret-key", "vm", "vmm.sqlite3"]
    assert os.listdir(tmp_path / "data" / "vm") == []
