"""The file that tools find a server by, in a folder where others write, too."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from vmm_site.discovery import About, Announcement, folder, remove_stale

ABOUT = About(
    address="127.0.0.1:12000",
    config_file=None,
    image_path="/data/image",
    run_path="/data/vm",
    node_name="rack-3",
    version="1.2.3",
)


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "runtime" / "dstack-vmm"


@pytest.fixture
def dead_pid() -> int:
    """The number of a process that was, and is no more."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def put(where: Path, content: Any, name: str = "") -> Path:
    where.mkdir(parents=True, exist_ok=True)
    file = where / (name or f"{uuid.uuid4()}.json")
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def published(where: Path) -> dict[str, Any]:
    [file] = where.iterdir()
    content: dict[str, Any] = json.loads(file.read_text())
    assert file.name == f"{content['id']}.json"
    return content


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"XDG_RUNTIME_DIR": "/run/me"}, "/run/me/dstack-vmm"),
        ({"XDG_RUNTIME_DIR": "not/absolute"}, f"/run/user/{os.geteuid()}/dstack-vmm"),
        ({}, f"/run/user/{os.geteuid()}/dstack-vmm"),
    ],
)
def test_it_lies_where_existing_clients_look(environ: dict[str, str], expected: str) -> None:
    assert folder(environ) == Path(expected)


def test_it_tells_what_a_client_needs_and_is_for_its_user_only(where: Path) -> None:
    before = int(time.time())
    Announcement(where).publish(ABOUT)
    content = published(where)
    assert uuid.UUID(content.pop("id")).version == 4
    assert before <= content.pop("started_at") <= time.time()
    assert content.pop("start_ticks") > 0
    assert content.pop("boot_id") == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert content == {
        "pid": os.getpid(),
        "address": "127.0.0.1:12000",
        "working_dir": str(Path.cwd()),
        "config_file": None,
        "image_path": "/data/image",
        "run_path": "/data/vm",
        "node_name": "rack-3",
        "version": "1.2.3",
    }
    [file] = where.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(where.stat().st_mode) == 0o700


def test_it_goes_when_the_server_does(where: Path) -> None:
    announcement = Announcement(where)
    announcement.withdraw()
    announcement.publish(ABOUT)
    announcement.withdraw()
    announcement.withdraw()
    assert list(where.iterdir()) == []


def test_the_files_of_dead_servers_go_at_start_and_those_of_living_ones_stay(
    where: Path, dead_pid: int
) -> None:
    dead = put(where, {"pid": dead_pid})
    living = put(where, {"pid": os.getpid()})
    Announcement(where).publish(ABOUT)
    assert not dead.exists()
    assert living.exists()
    assert len(list(where.iterdir())) == 2


@pytest.mark.parametrize("changed", [{"start_ticks": 1}, {"boot_id": str(uuid.uuid4())}])
def test_a_pid_that_is_another_process_by_now_is_dead(where: Path, changed: dict[str, Any]) -> None:
    Announcement(where).publish(ABOUT)
    real = published(where)
    reused = put(where, real | changed)
    remove_stale(where)
    assert not reused.exists()
    assert (where / f"{real['id']}.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[" * 50_000,
        "[1]",
        "{}",
        '{"pid": true}',
        '{"pid": "1"}',
        '{"pid": 0}',
        '{"pid": -1}',
        '{"pid": 4194305}',
        '{"pid": 1e400}',
        '{"pid": "../1"}',
        '{"pid": 4194304, "x": "' + "x" * 70_000 + '"}',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_what_makes_no_sense_is_left_alone(where: Path, content: str) -> None:
    file = put(where, content)
    Announcement(where).publish(ABOUT)
    assert file.exists()
    assert len(list(where.iterdir())) == 2


def test_what_is_no_file_of_ours_is_neither_followed_nor_waited_for(
    where: Path, tmp_path: Path, dead_pid: int
) -> None:
    target = put(tmp_path / "elsewhere", {"pid": dead_pid})
    other_name = put(where, {"pid": dead_pid}, name="notes.json")
    link = where / f"{uuid.uuid4()}.json"
    link.symlink_to(target)
    pipe = where / f"{uuid.uuid4()}.json"
    os.mkfifo(pipe)
    (where / f"{uuid.uuid4()}.json").mkdir()
    Announcement(where).publish(ABOUT)
    assert target.exists()
    assert link.is_symlink()
    assert pipe.exists()
    assert other_name.exists()
    assert len(list(where.iterdir())) == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_another_users_files_are_left_alone(where: Path, dead_pid: int) -> None:
    file = put(where, {"pid": dead_pid})
    os.chown(file, 65534, 65534)
    Announcement(where).publish(ABOUT)
    assert file.exists()


def test_a_folder_that_others_may_write_to_is_not_used(
    where: Path, dead_pid: int, caplog: pytest.LogCaptureFixture
) -> None:
    file = put(where, {"pid": dead_pid})
    where.chmod(0o777)
    Announcement(where).publish(ABOUT)
    assert list(where.iterdir()) == [file]
    assert "others may write" in caplog.text


@pytest.mark.parametrize("kind", ["file", "link", "missing"])
def test_a_folder_that_can_not_be_used_is_no_reason_not_to_start(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    where = tmp_path / "dstack-vmm"
    if kind == "file":
        where.write_text("")
    elif kind == "link":
        (tmp_path / "real").mkdir()
        where.symlink_to(tmp_path / "real")
    else:
        where = Path("/proc/dstack-vmm")
    announcement = Announcement(where)
    announcement.publish(ABOUT)
    announcement.withdraw()
    assert "can't find this server" in caplog.text
