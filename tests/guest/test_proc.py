"""Files of a guest's /proc: real ones are read right, garbage tells nothing."""

from __future__ import annotations

import os
import struct
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.guest import proc
from vms.guest.interface import SystemInfo
from vms.guest.reading import read_values

ROUTE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
"""


def test_this_machine_s_own_files_are_read_right() -> None:
    memory = proc.memory(Path("/proc/meminfo").read_text())
    assert memory["total_memory"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory["free_memory"] <= memory["total_memory"]
    assert memory["used_memory"] == memory["total_memory"] - memory["available_memory"]
    load = proc.load_averages(Path("/proc/loadavg").read_text())
    assert load["loadavg_fifteen"] == pytest.approx(os.getloadavg()[2] * 100, abs=50)
    assert proc.uptime(Path("/proc/uptime").read_text()) > 0
    assert proc.cpu_model(Path("/proc/cpuinfo").read_text())


def test_figures_have_their_units() -> None:
    lines = ("MemTotal:      1000 kB", "MemFree:  300 kB", "MemAvailable: 400 kB", "SwapTotal: 50 kB")
    assert proc.memory("\n".join([*lines, "SwapFree:   20 kB", ""])) == {
        "total_memory": 1000 * 1024,
        "available_memory": 400 * 1024,
        "used_memory": 600 * 1024,
        "free_memory": 300 * 1024,
        "total_swap": 50 * 1024,
        "used_swap": 30 * 1024,
        "free_swap": 20 * 1024,
    }
    assert proc.load_averages("0.12 1.05 10.50 1/70 400\n") == {
        "loadavg_one": 12,
        "loadavg_five": 105,
        "loadavg_fifteen": 1050,
    }
    assert proc.uptime("4711.98 9000.00\n") == 4711


def test_gateways_are_those_of_default_routes() -> None:
    assert proc.gateways(ROUTE) == ["10.0.2.2"]
    assert struct.pack("<I", 0x0202000A) == bytes([10, 0, 2, 2])


def test_name_servers_are_addresses() -> None:
    text = "# a\nsearch lan\nnameserver 10.0.2.3\nnameserver fe80::1%eth0\nnameserver ../../etc\nnameserver\n"
    assert proc.name_servers(text) == ["10.0.2.3", "fe80::1%eth0"]
    assert len(proc.name_servers("nameserver 1.1.1.1\n" * 1000)) == proc.MAX_ADDRESSES


@given(st.text(max_size=300) | st.from_regex(r"MemTotal: +[0-9]{1,30} kB", fullmatch=True))
def test_whatever_is_sent_is_fit_for_the_wire(text: str) -> None:
    told = proc.memory(text) | proc.load_averages(text) | {"uptime": proc.uptime(text)}
    told_too = {"cpu_model": proc.cpu_model(text)}
    info = read_values(SystemInfo, told | told_too)
    assert set(told) <= {field.name for field in fields(info)}
    assert all(isinstance(address, str) for address in (*proc.gateways(text), *proc.name_servers(text)))
