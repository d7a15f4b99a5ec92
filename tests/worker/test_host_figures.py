"""The host's own figures, compared with what the kernel and the tools of this host say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from vms.worker.host_figures import HostFigures, cpu, memory, space

STAT = """\
cpu  100 20 30 4000 50 6 7 8 90 0
cpu0 50 10 15 2000 25 3 3 4 45 0
cpu1 50 10 15 2000 25 3 4 4 45 0
intr 1 2 3
"""


def test_idle_and_waiting_are_not_busy_and_guests_count_once() -> None:
    assert cpu(STAT) == (2, (100 + 20 + 30 + 6 + 7 + 8) / os.sysconf("SC_CLK_TCK"))


def test_memory_is_in_bytes() -> None:
    assert memory("MemTotal:  2000 kB\nMemFree: 1 kB\nMemAvailable:  500 kB\n") == (2_048_000, 512_000)


async def test_this_host_can_be_read(tmp_path: Path) -> None:
    told = await HostFigures(tmp_path).read(running_vms=5)
    assert told.cpus == os.cpu_count()
    assert told.memory_total_bytes == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert told.disk_total_bytes == shutil.disk_usage(tmp_path).total
    assert told.running_vms == 5


async def test_a_folder_that_is_not_there_costs_only_its_own_figures(tmp_path: Path) -> None:
    assert space(tmp_path / "gone") is None
    told = await HostFigures(tmp_path / "gone").read(running_vms=0)
    assert (told.disk_total_bytes, told.disk_free_bytes) == (None, None)
    assert told.memory_total_bytes > 0
