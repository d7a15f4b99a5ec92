"""How a run ended, from every combination of traces that it can leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vms.hypervisor.base import ExitReason
from vms.hypervisor.exits import settle, spoken_words
from vms.hypervisor.records import LaunchRecord, Phase
from vms.hypervisor.rundir import RunDir

THIS_BOOT = "this boot"


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path)


def record(phase: Phase = Phase.RUNNING, boot_id: str = THIS_BOOT) -> LaunchRecord:
    return LaunchRecord(1, phase, boot_id, pid=1, start_ticks=1, started_at_ms=1)


def shutdown_event(reason: str) -> str:
    return json.dumps({"event": "SHUTDOWN", "data": {"guest": True, "reason": reason}}) + "\n"


@pytest.mark.parametrize(
    "logged, code, reason",
    [
        ("guest-shutdown", "0", ExitReason.GUEST_SHUTDOWN),
        ("guest-reset", "0", ExitReason.GUEST_RESET),
        ("guest-panic", "1", ExitReason.GUEST_PANIC),
        ("host-qmp-quit", "0", ExitReason.HOST_QUIT),
        ("host-signal", "0", ExitReason.HOST_SIGNAL),
        ("host-error", "1", ExitReason.ERROR),
        ("a reason of a later QEMU", "0", ExitReason.ERROR),
        ("host-qmp-quit", "137", ExitReason.HOST_QUIT),
        (None, "0", ExitReason.GUEST_SHUTDOWN),
        (None, "1", ExitReason.ERROR),
        (None, "127", ExitReason.ERROR),
        (None, "134", ExitReason.ERROR),
        (None, "137", ExitReason.KILLED),
        (None, "143", ExitReason.HOST_SIGNAL),
        (None, None, ExitReason.LOST),
        (None, "not a number", ExitReason.LOST),
    ],
)
def test_the_announced_reason_comes_before_the_exit_code(
    run_dir: RunDir, logged: str | None, code: str | None, reason: ExitReason
) -> None:
    if logged is not None:
        run_dir.event_log.write_text('{"QMP": {}}\n{"event": "RESUME"}\n' + shutdown_event(logged))
    if code is not None:
        run_dir.exit_file.write_text(code + "\n")
    ended = settle(run_dir, record(), heard=None, boot_id=THIS_BOOT)
    assert ended is not None
    assert ended.reason is reason
    assert ended.code == (int(code) if code is not None and code.isdigit() else None)


@pytest.mark.parametrize(
    "logged, code, reason",
    [
        (None, None, ExitReason.HOST_REBOOT),
        ("host-signal", "0", ExitReason.HOST_REBOOT),
        (None, "143", ExitReason.HOST_REBOOT),
        (None, "137", ExitReason.HOST_REBOOT),
        ("guest-shutdown", "0", ExitReason.GUEST_SHUTDOWN),
        ("guest-panic", "0", ExitReason.GUEST_PANIC),
        ("host-qmp-quit", "0", ExitReason.HOST_QUIT),
        (None, "1", ExitReason.ERROR),
    ],
)
def test_of_an_earlier_boot_what_the_host_did_is_its_going_down(
    run_dir: RunDir, logged: str | None, code: str | None, reason: ExitReason
) -> None:
    if logged is not None:
        run_dir.event_log.write_text(shutdown_event(logged))
    if code is not None:
        run_dir.exit_file.write_text(code)
    ended = settle(run_dir, record(boot_id="an earlier boot"), heard=None, boot_id=THIS_BOOT)
    assert ended is not None
    assert ended.reason is reason


def test_what_was_heard_counts_where_qemu_logged_nothing(run_dir: RunDir) -> None:
    run_dir.exit_file.write_text("0")
    ended = settle(run_dir, record(), heard="guest-reset", boot_id=THIS_BOOT)
    assert ended is not None
    assert ended.reason is ExitReason.GUEST_RESET


def test_it_ended_when_its_exit_code_was_written(run_dir: RunDir) -> None:
    run_dir.exit_file.write_text("0")
    ended = settle(run_dir, record(), heard=None, boot_id=THIS_BOOT)
    assert ended is not None
    assert ended.at_ms == run_dir.exit_file.stat().st_mtime_ns // 1_000_000


def test_it_is_settled_once(run_dir: RunDir) -> None:
    run_dir.exit_file.write_text("1")
    first = settle(run_dir, record(), heard=None, boot_id=THIS_BOOT)
    run_dir.exit_file.write_text("0")
    assert settle(run_dir, record(), heard="guest-shutdown", boot_id=THIS_BOOT) == first


def test_traces_that_were_not_cleared_yet_are_an_earlier_run_s(run_dir: RunDir) -> None:
    run_dir.exit_file.write_text("0")
    assert settle(run_dir, record(Phase.PREPARED), heard=None, boot_id=THIS_BOOT) is None


@pytest.mark.parametrize("boot_id, known", [(THIS_BOOT, False), ("an earlier boot", True)])
def test_a_launch_cut_off_before_qemu_began_ended_in_nothing(
    run_dir: RunDir, boot_id: str, known: bool
) -> None:
    ended = settle(run_dir, record(Phase.SPAWNED, boot_id), heard=None, boot_id=THIS_BOOT)
    assert (ended is not None) is known


def test_the_detail_is_the_end_of_stderr_and_bounded(run_dir: RunDir) -> None:
    run_dir.exit_file.write_text("1")
    run_dir.stderr_log.write_bytes("é".encode() * 5000 + b"the last words\n")
    ended = settle(run_dir, record(), heard=None, boot_id=THIS_BOOT)
    assert ended is not None
    assert ended.detail.endswith("the last words")
    assert len(ended.detail.encode()) <= 2048


@pytest.mark.parametrize(
    "stderr, words",
    [
        ("", ""),
        ("qemu-system-x86_64: warning: slow\n", "warning: slow"),
        ("qemu-system-x86_64: warning: slow\nqemu-system-x86_64: -m 1T: cannot set up guest memory\n",
         "cannot set up guest memory"),
        ("/opt/qemu-system-x86_64: -netdev user,id=n,x=y: Could not set up 'tcp:1-:2'\n",
         "Could not set up 'tcp:1-:2'"),
        ("qemu: could not load kernel 'x'\n", "could not load kernel 'x'"),
        ("Killed\n", "Killed"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_told_without_the_noise(stderr: str, words: str) -> None:
    assert spoken_words(stderr) == words
