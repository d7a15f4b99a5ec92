"""``manage.py backup`` and ``restore``: what they say, how they end, and who may run them when."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.backup.house import RUNS, about, archive, database, lay_out, plain
from vmm_site.data_lock import DataDirLock
from vms.backup.make import Places
from vms.conf import conf

pytestmark = pytest.mark.django_db


@pytest.fixture
def configured(tmp_path: Path, settings: Any) -> Places:
    """The configuration says that the server's things are there."""
    found = lay_out(tmp_path / "data")
    image = conf().image.model_copy(update={"path": found.image_path})
    settings.VMM = conf().model_copy(
        update={"data_dir": found.data_dir, "run_path": found.run_path, "image": image, "node_name": "rack-3"}
    )
    return found


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A backup of a VM without its disk, that needs an image."""
    return archive(
        tmp_path / "saved.tar.zst",
        plain("backup.json", about(images={"dstack-1": "ab"})),
        plain("database/vmm.sqlite3", database(tmp_path / "theirs")),
        plain(f"vm/{RUNS}/vm-manifest.json", b"{}"),
    )


def test_a_backup_says_what_it_has(configured: Places, tmp_path: Path) -> None:
    said = run("backup", tmp_path / "file.tar.zst")
    assert f"{tmp_path / 'file.tar.zst'}: 0 VMs" in said
    assert "100%" in said


def test_a_folder_that_is_not_there_is_named(configured: Places, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"file can't be written: No such file or directory"):
        run("backup", tmp_path / "nowhere" / "file")


def test_a_restore_says_what_is_still_to_be_done(saved: Path, tmp_path: Path, settings: Any) -> None:
    settings.VMM = conf().model_copy(update={"node_name": "rack-4"})
    said = run("restore", saved, "--into", tmp_path / "new")
    assert f"{tmp_path / 'new'}: 1 VMs, as of version 0.1.0" in said
    assert "of node 'rack-3', and this host is called 'rack-4': set node_name = \"rack-3\"" in said
    assert "Images to pull before their VMs start: dstack-1" in said
    assert f"without a disk, and begins with an empty one: runs ({RUNS})" in said


def test_into_the_configured_folder_nothing_is_put_while_something_is_there(
    configured: Places, saved: Path
) -> None:
    before = sorted(os.listdir(configured.data_dir))
    with pytest.raises(CommandError, match=r"data is not empty \(vmm.sqlite3\)"):
        run("restore", saved)
    assert sorted({*os.listdir(configured.data_dir)} - {"server.lock"}) == before


def test_while_a_server_has_the_folder_nothing_is_put_there(saved: Path, tmp_path: Path) -> None:
    server = DataDirLock(tmp_path / "new")
    server.take()
    with pytest.raises(CommandError, match="is in use by a server that runs already"):
        run("restore", saved, "--into", tmp_path / "new")
    server.release()
    run("restore", saved, "--into", tmp_path / "new")


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=str(tmp_path / name)):
        run("restore", tmp_path / name, "--into", tmp_path / "new")
