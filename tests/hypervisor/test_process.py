"""Processes and the lock: told apart, and never taken for another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vms.hypervisor import lock
from vms.hypervisor.process import Shim, has_ended, identify, open_pidfd
from vms.hypervisor.rundir import RunDir

WAITS_FOR_INPUT = [sys.executable, "-c", "input()"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WAITS_FOR_INPUT, stdin=subprocess.PIPE) as child:
        yield child
        child.kill()


def test_a_zombie_is_dead(child: subprocess.Popen[bytes]) -> None:
    identity = identify(child.pid)
    assert identity is not None
    pidfd = open_pidfd(identity)
    assert pidfd is not None
    assert not has_ended(pidfd)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{child.pid}").exists()
    assert identify(child.pid) is None
    assert open_pidfd(identity) is None
    assert has_ended(pidfd)
    os.close(pidfd)


def test_a_process_that_started_at_another_time_is_another_one(child: subprocess.Popen[bytes]) -> None:
    identity = identify(child.pid)
    assert identity is not None
    assert open_pidfd(replace(identity, start_ticks=identity.start_ticks - 1)) is None


def test_a_name_with_parentheses_confuses_nobody(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as child:
        identity = identify(child.pid)
        child.kill()
    assert identity is not None
    assert identity.pid == child.pid


async def run_under_a_shim(run_dir: RunDir, *argv: str) -> str:
    with lock.held(run_dir) as descriptor:
        shim = Shim.spawn(run_dir, list(argv), descriptor)
    await shim.ended.wait()
    return run_dir.exit_file.read_text()


@pytest.mark.parametrize(
    "script, code", [("exit 0", "0\n"), ("exit 7", "7\n"), ("kill -9 $$", "137\n"), ("kill -15 $$", "143\n")]
)
async def test_the_shim_writes_down_how_its_program_ended(tmp_path: Path, script: str, code: str) -> None:
    assert await run_under_a_shim(RunDir(tmp_path), "/bin/sh", "-c", script) == code


async def test_what_a_program_says_is_appended_to_its_logs(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    run_dir.stdout_log.write_text("before\n")
    await run_under_a_shim(run_dir, "/bin/sh", "-c", "echo said; echo cried >&2; pwd")
    assert run_dir.stdout_log.read_text() == f"before\nsaid\n{tmp_path}\n"
    assert run_dir.stderr_log.read_text() == "cried\n"


async def test_the_lock_lives_as_long_as_the_program(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    release = tmp_path / "release"
    os.mkfifo(release)
    with lock.held(run_dir) as descriptor:
        shim = Shim.spawn(run_dir, ["/bin/sh", "-c", "read line <release"], descriptor)
    assert lock.is_held(run_dir)
    with pytest.raises(lock.LockHeld), lock.held(run_dir):
        pass
    assert not await lock.wait_until_free(run_dir, 0.02)
    await asyncio.to_thread(release.write_text, "now\n")
    await shim.ended.wait()
    assert not lock.is_held(run_dir)


def test_nobody_holds_a_lock_that_is_not_there(tmp_path: Path) -> None:
    assert not lock.is_held(RunDir(tmp_path))
    assert not lock.is_held(RunDir(tmp_path / "no" / "directory"))


def test_asking_for_the_lock_is_no_taking(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    with lock.held(run_dir):
        pass
    assert not lock.is_held(run_dir)
    with lock.held(run_dir):
        assert lock.is_held(run_dir)
