"""Filtered TAP devices, cut off at every step: the next server leaves none, whatever was noted.

In this process, for what the kernel makes of a device is netd's; what is here ends by an exception
that nothing of ours catches, as little as it would a SIGKILL.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.hypervisor.netd_server import NetdServer
from tests.hypervisor.test_netd import SPEC, host
from tests.waiting import eventually
from vms import faults
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.taps import Taps

STEPS = [("prepare", "taps.noted", 1), ("prepare", "taps.asked", 1), ("prepare", "taps.asked", 2)]
STEPS += [("remove", "taps.removed", 1), ("remove", "taps.removed", 2)]


class Killed(BaseException):
    """No ``except Exception`` holds it up."""


@contextlib.contextmanager
def killed_at(point: str, nth: int) -> Iterator[None]:
    passed = 0

    def listener(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == nth:
            raise Killed

    faults.listen(listener)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        faults.listen(lambda _: None)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NetdServer]:
    async with NetdServer().listen(tmp_path / "netd.sock") as server:
        yield server


@pytest.mark.parametrize("verb, point, nth", STEPS)
async def test_the_next_server_leaves_no_device(
    server: NetdServer, tmp_path: Path, verb: str, point: str, nth: int
) -> None:
    run_dir, settings = RunDir(tmp_path / "vm-1"), host(tmp_path / "netd.sock")
    run_dir.path.mkdir()
    first = Taps(settings)
    if verb == "remove":
        await first.prepare(run_dir, SPEC)
    with killed_at(point, nth):
        await (first.prepare(run_dir, SPEC) if verb == "prepare" else first.remove(run_dir))
    second = Taps(settings)
    second.remove_soon(run_dir)
    await eventually(lambda: not run_dir.taps_file.exists())
    assert server.taps == {}
    await second.close()
