"""Rotation: what was appended can be read by position, no byte twice and none lost, killed anywhere."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vms.hypervisor import holes, log_files, log_rotation
from vms.hypervisor.log_files import look_at, read
from vms.hypervisor.log_rotation import begin_boot, is_due, rotate
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits

BLOCK = 4096
SMALL = LogLimits(max_bytes=BLOCK, max_backups=1000)


class Writer:
    """What QEMU does with its log: it opens it once, and appends. ``wrote`` is all of this boot."""

    def __init__(self, log: Path) -> None:
        self.wrote = b""
        self._file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._number = 0

    def write(self, length: int) -> None:
        """So many bytes that don't repeat."""
        lines = range(self._number, self._number + length // 6 + 1)
        self._number = lines.stop
        data = b"".join(b"line %d\n" % number for number in lines)[:length]
        os.write(self._file, data)
        self.wrote += data

    def close(self) -> None:
        os.close(self._file)


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    (tmp_path / "vm-1").mkdir()
    return RunDir(tmp_path / "vm-1")


@pytest.fixture(params=["collapse", "punch", "truncate"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the file system can: this one's best, or less."""
    able = request.param
    monkeypatch.setattr(holes, "_precise", {})
    whole = holes.fallocate

    def less(descriptor: int, mode: int, length: int) -> None:
        if able == "truncate" or (able == "punch" and mode == holes.COLLAPSE_RANGE):
            raise OSError(errno.EOPNOTSUPP, "not supported")
        whole(descriptor, mode, length)

    monkeypatch.setattr(holes, "fallocate", less)
    return str(able)


def everything(log: Path, boot: int) -> bytes:
    """All that is kept of a boot, read in odd pieces; fails where a byte is missing between."""
    position = look_at(log).boot(boot).start
    data = b""
    while True:
        begin, piece = read(log, boot, position, 1000)
        if not piece:
            return data
        assert begin == position
        data += piece
        position += len(piece)


def test_what_is_written_in_small_pieces_is_all_there_and_the_log_stays_short(
    run_dir: RunDir, file_system: str
) -> None:
    boot = begin_boot(run_dir, SMALL)
    writer = Writer(run_dir.serial_log)
    for length in (1, 5000, 4096, 3, 20_000, 8192, 1):
        writer.write(length)
        rotate(run_dir, SMALL)
        assert everything(run_dir.serial_log, boot) == writer.wrote
        assert look_at(run_dir.serial_log).boot(boot).end == len(writer.wrote)
        assert not is_due(run_dir, SMALL)
    size = run_dir.serial_log.stat().st_size
    assert size == len(writer.wrote) if file_system == "punch" else size <= BLOCK
    assert run_dir.serial_log.stat().st_blocks * 512 <= 2 * BLOCK


def test_only_so_many_segments_are_kept_and_the_position_is_not_forgotten(
    run_dir: RunDir, file_system: str
) -> None:
    limits = LogLimits(max_bytes=BLOCK, max_backups=2)
    boot = begin_boot(run_dir, limits)
    writer = Writer(run_dir.serial_log)
    for _ in range(50):
        writer.write(3000)
        rotate(run_dir, limits)
    kept = look_at(run_dir.serial_log).boot(boot)
    assert kept.end == len(writer.wrote)
    assert 2 * BLOCK < kept.end - kept.start <= 4 * BLOCK
    assert everything(run_dir.serial_log, boot) == writer.wrote[kept.start :]
    assert len(list(run_dir.path.glob("serial.log.*"))) == 2


def test_without_backups_the_end_is_kept(run_dir: RunDir, file_system: str) -> None:
    limits = LogLimits(max_bytes=2 * BLOCK, max_backups=0)
    boot = begin_boot(run_dir, limits)
    writer = Writer(run_dir.serial_log)
    for _ in range(30):
        writer.write(3000)
        rotate(run_dir, limits)
        kept = look_at(run_dir.serial_log).boot(boot)
        assert everything(run_dir.serial_log, boot) == writer.wrote[kept.start :]
        assert kept.end == len(writer.wrote)
    assert [path.stat().st_size for path in run_dir.path.glob("serial.log.*")] == [0]


def test_what_grew_while_nobody_looked_is_cut_to_what_may_be_kept(run_dir: RunDir) -> None:
    limits = LogLimits(max_bytes=64 << 10, max_backups=3)
    boot = begin_boot(run_dir, limits)
    writer = Writer(run_dir.serial_log)
    writer.write(3_000_000)
    rotate(run_dir, limits)
    kept = look_at(run_dir.serial_log).boot(boot)
    assert kept.end == 3_000_000
    assert 3 * (64 << 10) <= kept.end - kept.start <= 4 * (64 << 10)
    assert everything(run_dir.serial_log, boot) == writer.wrote[kept.start :]
    assert sum(path.stat().st_size for path in run_dir.path.iterdir()) <= 4 * (64 << 10)


def test_each_boot_has_a_number_of_its_own_and_older_ones_can_be_read(
    run_dir: RunDir, file_system: str
) -> None:
    wrote = {}
    for length in (10, 9000, 0, 5000):
        boot = begin_boot(run_dir, SMALL)
        writer = Writer(run_dir.serial_log)
        writer.write(length)
        rotate(run_dir, SMALL)
        wrote[boot] = writer.wrote
        writer.close()
    assert list(wrote) == [1, 2, 3, 4]
    for boot, data in wrote.items():
        assert everything(run_dir.serial_log, boot) == data
    boots = look_at(run_dir.serial_log).boots()
    assert [(boot.number, boot.is_current) for boot in boots] == [(1, False), (2, False), (4, True)]
    assert all(boot.began_at_ms is not None for boot in boots)
    assert [boot.number for boot in look_at(run_dir.stderr_log).boots()] == [4]


def test_a_number_is_never_given_twice_though_nothing_is_kept(run_dir: RunDir) -> None:
    nothing = LogLimits(max_bytes=BLOCK, max_backups=0)
    numbers = []
    for _ in range(4):
        numbers.append(begin_boot(run_dir, nothing))
        run_dir.serial_log.write_bytes(b"something\n")
        rotate(run_dir, nothing)
    assert numbers == [1, 2, 3, 4]
    assert sorted(path.name for path in run_dir.path.iterdir()) == ["boot.000004", "serial.log"]


def test_a_full_disk_costs_history_not_the_bound(run_dir: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = begin_boot(run_dir, SMALL)
    writer = Writer(run_dir.serial_log)
    writer.write(5000)
    copy = log_rotation._copy_bytes

    def full(source: int, offset: int, target: int, most: int) -> int:
        if most:
            raise OSError(errno.ENOSPC, "No space left on device")
        return copy(source, offset, target, most)

    monkeypatch.setattr(log_rotation, "_copy_bytes", full)
    rotate(run_dir, SMALL)
    monkeypatch.undo()
    assert read(run_dir.serial_log, boot, 0, 100_000) == (BLOCK, writer.wrote[BLOCK:])
    assert run_dir.serial_log.stat().st_size == 5000 - BLOCK


def test_a_directory_that_cannot_be_written_is_an_error_and_changes_nothing(
    run_dir: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = begin_boot(run_dir, SMALL)
    writer = Writer(run_dir.serial_log)
    writer.write(9000)

    def read_only(*args: Any) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(log_rotation, "_copy_bytes", read_only)
    with pytest.raises(OSError, match="Read-only"):
        rotate(run_dir, SMALL)
    monkeypatch.undo()
    assert everything(run_dir.serial_log, boot) == writer.wrote
    rotate(run_dir, SMALL)
    assert everything(run_dir.serial_log, boot) == writer.wrote


def test_links_and_second_names_are_neither_read_nor_cut(run_dir: RunDir, tmp_path: Path) -> None:
    begin_boot(run_dir, SMALL)
    victim = tmp_path / "victim"
    victim.write_bytes(b"x" * 10_000)
    run_dir.serial_log.symlink_to(victim)
    os.link(victim, run_dir.stdout_log)
    os.mkfifo(run_dir.stderr_log)
    (run_dir.path / "serial.log.000001.000000000000").symlink_to(victim)
    rotate(run_dir, SMALL)
    assert victim.stat().st_size == 10_000
    assert read(run_dir.serial_log, 1, 0, 100) == (0, b"")
    assert read(run_dir.stdout_log, 1, 0, 100) == (0, b"")
    begin_boot(run_dir, SMALL)
    assert victim.read_bytes() == b"x" * 10_000
    assert not os.path.lexists(run_dir.serial_log)


def test_segments_of_an_older_version_are_dropped_first(run_dir: RunDir) -> None:
    for number in (1, 2, 3):
        (run_dir.path / f"serial.log.{number}").write_bytes(b"old\n")
    limits = LogLimits(max_bytes=BLOCK, max_backups=2)
    run_dir.serial_log.write_bytes(b"last\n")
    begin_boot(run_dir, limits)
    names = sorted(path.name for path in run_dir.path.glob("serial.log.*"))
    assert names == ["serial.log.000000.000000000000", "serial.log.1"]


def killed_at_line(number: int, act: Callable[[], object]) -> bool:
    """Do it in a process that is gone at that line of the rotation; whether it came so far."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    lines = 0

    def at_line(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename != log_rotation.__file__:
            return None
        if event == "line":
            lines += 1
            if lines == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    try:
        sys.settrace(at_line)
        act()
    finally:
        os._exit(0)


@pytest.mark.parametrize("what", ["rotate", "begin_boot"])
def test_it_may_be_killed_at_any_line(tmp_path: Path, file_system: str, what: str) -> None:
    line, alive = 0, True
    while alive:
        line += 1
        run_dir = RunDir(tmp_path / f"vm-{line}")
        run_dir.path.mkdir()
        boot = begin_boot(run_dir, SMALL)
        writer = Writer(run_dir.serial_log)
        writer.write(5000)
        rotate(run_dir, SMALL)
        writer.write(9000)
        act = rotate if what == "rotate" else begin_boot
        alive = killed_at_line(line, partial(act, run_dir, SMALL))
        if what == "begin_boot":
            begin_boot(run_dir, SMALL)
        is_exact = file_system != "truncate"
        assert not is_exact or everything(run_dir.serial_log, boot) == writer.wrote, line
        if what == "rotate" and is_exact:
            writer.write(3000)
            assert everything(run_dir.serial_log, boot) == writer.wrote, line
        rotate(run_dir, SMALL)
        assert everything(run_dir.serial_log, boot) == writer.wrote, line
        assert not [
            path.name for path in run_dir.path.iterdir() if ".at-" in path.name or ".part" in path.name
        ]
        writer.close()
    assert line > 20


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 9000)),
        st.tuples(st.just("rotate"), st.just(0)),
        st.tuples(st.just("boot"), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 9000)),
        st.tuples(st.just("kill"), st.integers(1, 120)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whoever_follows_hears_each_byte_once(
    tmp_path_factory: pytest.TempPathFactory, file_system: str, steps: list[tuple[str, int]]
) -> None:
    run_dir = RunDir(tmp_path_factory.mktemp("vm"))
    boot = begin_boot(run_dir, SMALL)
    writer = Writer(run_dir.serial_log)
    heard = b""
    for step, number in steps:
        match step:
            case "write":
                writer.write(number)
            case "rotate":
                rotate(run_dir, SMALL)
            case "kill" if file_system != "truncate":
                killed_at_line(number, partial(rotate, run_dir, SMALL))
            case "boot":
                writer.close()
                begin_boot(run_dir, SMALL)
                heard = _to_the_end(run_dir.serial_log, boot, heard)
                assert heard == writer.wrote
                boot, heard = look_at(run_dir.serial_log).current, b""
                writer = Writer(run_dir.serial_log)
            case "read":
                begin, data = read(run_dir.serial_log, boot, len(heard), number)
                assert begin == len(heard)
                heard += data
    assert _to_the_end(run_dir.serial_log, boot, heard) == writer.wrote
    writer.close()


def _to_the_end(log: Path, boot: int, heard: bytes) -> bytes:
    while data := read(log, boot, len(heard), 5000)[1]:
        heard += data
    return heard


def test_the_names_are_what_the_documentation_says(run_dir: RunDir) -> None:
    begin_boot(run_dir, SMALL)
    writer = Writer(run_dir.serial_log)
    writer.write(9000)
    rotate(run_dir, SMALL)
    assert sorted(path.name for path in run_dir.path.iterdir()) == [
        "boot.000001",
        "serial.log",
        "serial.log.000001.000000000000",
        "serial.log.000001.000000004096",
    ]
    assert log_files.look_at(run_dir.serial_log).base == 2 * BLOCK
