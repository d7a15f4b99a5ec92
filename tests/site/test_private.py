"""What the server writes is nobody else's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.server import ROOT
from vmm_site.private import keep_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_what_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    keep_private(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    assert (mode(tmp_path / "file"), mode(tmp_path / "folder")) == (0o600, 0o700)


@pytest.mark.parametrize(
    "found, left", [(0o755, 0o711), (0o777, 0o711), (0o711, 0o711), (0o700, 0o700), (0o500, 0o500)]
)
def test_a_folder_is_left_open_to_go_through_at_most(tmp_path: Path, found: int, left: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(found)
    keep_private(folder)
    assert mode(folder) == left


def test_a_database_that_was_open_is_closed(tmp_path: Path) -> None:
    for name in ("vmm.sqlite3", "secret-key"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    keep_private(tmp_path)
    assert [mode(tmp_path / name) for name in ("vmm.sqlite3", "secret-key")] == [0o600, 0o600]


def test_every_command_keeps_to_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VMM_", "DJANGO_"))}
    command = [sys.executable, "manage.py", "migrate", "--no-input"]
    subprocess.run(
        command, cwd=ROOT, env=environment | {"VMM_DATA": str(data)}, check=True, capture_output=True
    )
    assert mode(data) == 0o700
    assert {mode(path) for path in data.rglob("*") if path.is_file()} == {0o600}


def test_the_check_for_deployment_finds_nothing(tmp_path: Path) -> None:
    """With authentication on. What is left out on purpose is listed, with its reason, in the settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VMM_", "DJANGO_"))}
    environment |= {"VMM_DATA": str(tmp_path / "data"), "VMM_AUTH__ENABLED": "true"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
