"""Files in a VM's directory that hold nonsense: they count as missing, and nothing hangs or breaks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vms.hypervisor.durable import read_regular_file, read_tail
from vms.hypervisor.exits import settle
from vms.hypervisor.process import read_pidfile
from vms.hypervisor.records import LaunchRecord, Phase, read_exit
from vms.hypervisor.rundir import RunDir

NONSENSE = [
    b"",
    b"[" * 60_000,
    b'{"a":' * 5_000,
    b'{"generation":Infinity,"phase":"running","boot_id":"x","reason":"killed","at_ms":Infinity}',
    b'{"generation":1e400,"phase":"running","boot_id":"x","reason":"killed","at_ms":1e400}',
    b'{"generation":true,"phase":"running","boot_id":"x","reason":"killed","at_ms":true}',
    b'{"generation":'
    + b"9" * 30
    + b',"phase":"running","boot_id":"x","reason":"killed","at_ms":'
    + b"9" * 30
    + b"}",
    b"\xff\xfe" * 100,
]


@pytest.mark.parametrize("content", NONSENSE, ids=range(len(NONSENSE)))
def test_a_damaged_note_counts_as_none(tmp_path: Path, content: bytes) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.launch_file.write_bytes(content)
    run_dir.exit_reason_file.write_bytes(content)
    assert LaunchRecord.read(run_dir) is None
    assert read_exit(run_dir) is None


@pytest.mark.parametrize("pid", [10**25, -1, True, "7"])
def test_a_pid_that_no_process_has_is_left_out(tmp_path: Path, pid: object) -> None:
    run_dir = RunDir(tmp_path)
    text = str(pid).lower() if isinstance(pid, bool) else repr(pid).replace("'", '"')
    run_dir.launch_file.write_text('{"generation":1,"phase":"running","boot_id":"x","pid":' + text + "}")
    record = LaunchRecord.read(run_dir)
    assert record is not None
    assert record.pid in (None, -1)
    run_dir.pidfile.write_text(text)
    assert read_pidfile(run_dir) in (None, 7)


@pytest.mark.parametrize("code", ["9" * 30, "-1", "256", "x", ""])
def test_an_exit_code_that_no_shell_writes_is_unknown(tmp_path: Path, code: str) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.exit_file.write_text(code)
    ended = settle(run_dir, LaunchRecord(1, Phase.RUNNING, "x"), heard=None, boot_id="x")
    assert ended is not None
    assert ended.code is None


def test_pipes_links_and_folders_in_place_of_files_say_nothing_and_block_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name in ("pipe", "link", "missing", "."):
        assert read_regular_file(tmp_path / name, 10) is None
        assert read_tail(tmp_path / name, 10) == b""


def test_the_tail_of_a_file_is_its_end(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"0123456789")
    assert read_tail(tmp_path / "log", 4) == b"6789"
    assert read_tail(tmp_path / "log", 99) == b"0123456789"
