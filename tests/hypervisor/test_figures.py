"""Reading what a process uses: of the right one only, and whatever a hostile QEMU says."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vms.hypervisor import figures
from vms.hypervisor.figures import DiskTraffic, NetworkTraffic, disk_traffic, figures_of, network_traffic
from vms.hypervisor.process import identify

SET_INTERFACE = 0x400454CA
TAP_WITHOUT_HEADER = 0x1002


def device(**stats: Any) -> dict[str, Any]:
    zero = {"rd_bytes": 0, "wr_bytes": 0, "rd_operations": 0, "wr_operations": 0}
    return {"device": "hd1", "stats": zero | stats}


def test_the_traffic_of_all_disks_is_added_up() -> None:
    told = [device(rd_bytes=10, rd_operations=1), device(rd_bytes=5, wr_bytes=7, wr_operations=2)]
    assert disk_traffic(told) == DiskTraffic(15, 7, 1, 2)
    assert disk_traffic([]) == DiskTraffic(0, 0, 0, 0)


@pytest.mark.parametrize(
    "told",
    [
        None,
        {"stats": {}},
        [None],
        [{}],
        [{"stats": []}],
        [{"stats": {}}],
        [device(rd_bytes="1")],
        [device(rd_bytes=True)],
        [device(wr_bytes=-1)],
        [device(wr_operations=2**63)],
        [device(rd_operations=1.5)],
    ],
)
def test_what_qemu_never_returns_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="query-blockstats"):
        disk_traffic(told)


async def test_a_pid_that_was_given_anew_has_no_figures(tmp_path: Path) -> None:
    own = identify(os.getpid())
    assert own is not None
    assert await figures_of(_guest(own.pid, own.start_ticks, tmp_path)) is not None
    assert await figures_of(_guest(own.pid, own.start_ticks - 1, tmp_path)) is None
    assert await figures_of(_guest(2**22 - 1, own.start_ticks, tmp_path)) is None


def _guest(pid: int, start_ticks: int, folder: Path) -> Any:
    """As much of a guest as the figures need: this test's own process stands for its QEMU."""

    async def ask(command: str) -> object:
        return []

    record = SimpleNamespace(pid=pid, start_ticks=start_ticks)
    run_dir = SimpleNamespace(data_disk=folder / "hda.img")
    return SimpleNamespace(record=record, run_dir=run_dir, taps=None, ask=ask)


def test_a_guest_receives_what_its_host_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "INTERFACES", tmp_path)
    for tap, (sent_by_guest, received_by_guest) in {"tap0": (10, 200), "tap1": (1, 2)}.items():
        (tmp_path / tap / "statistics").mkdir(parents=True)
        (tmp_path / tap / "statistics" / "rx_bytes").write_text(f"{sent_by_guest}\n")
        (tmp_path / tap / "statistics" / "tx_bytes").write_text(f"{received_by_guest}\n")
    assert network_traffic(("tap0", "tap1")) == NetworkTraffic(received_bytes=202, sent_bytes=11)
    assert network_traffic(()) is None
    assert network_traffic(("tap0", "gone")) is None


@pytest.fixture
def tap() -> Iterator[str]:
    """A TAP device of this process; skipped where none may be made."""
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no TAP devices here: {error}")
    name = f"vmmt{os.getpid() % 100_000}"
    try:
        fcntl.ioctl(descriptor, SET_INTERFACE, struct.pack("16sH22x", name.encode(), TAP_WITHOUT_HEADER))
        yield name
    except OSError as error:
        pytest.skip(f"no TAP device can be made here: {error}")
    finally:
        os.close(descriptor)


def test_the_tap_devices_of_a_process_are_found_and_read(tap: str) -> None:
    assert figures.taps_of(os.getpid()) == (tap,)
    assert network_traffic((tap,)) is not None


def test_a_process_without_one_has_none() -> None:
    assert figures.taps_of(os.getppid()) == ()
    assert figures.taps_of(2**22 - 1) == ()
