"""Bridges, QEMU's helper, the network filter's service, and ports."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.preflight.conftest import AsNobody
from tests.preflight.machine import Machine
from vms.preflight.checks import network
from vms.preflight.finding import Level

BRIDGE = '[cvm.networking]\nmode = "bridge"\nbridge = "br0"\n'
FILTER = '[netd]\nsocket = "{}"\n[cvm.network_filter]\nmode = "libvirt"\n'
HELPER = "usr/lib/qemu/qemu-bridge-helper"
RULES = "etc/qemu/bridge.conf"
PORTS = '[cvm.port_mapping]\nenabled = true\nrange = [{ protocol = "tcp", from = 10000, to = 20000 }]\n'
TABLE = "  sl  local_address rem_address   st tx_queue rx_queue\n"


def test_a_bridge_is_there_and_up(machine: Machine) -> None:
    missing = network.bridge(machine.host(BRIDGE))
    assert missing.found == "there is no interface br0"
    assert missing.remedy.startswith("sudo ip link add br0 type bridge; sudo ip link set br0 up")
    machine.write("sys/class/net/br0/flags", "0x1002\n")
    assert network.bridge(machine.host(BRIDGE)).found == "br0 is an interface, but no bridge"
    machine.mkdir("sys/class/net/br0/bridge")
    down = network.bridge(machine.host(BRIDGE))
    assert (down.found, down.remedy) == ("br0 is down", "sudo ip link set br0 up")
    machine.write("sys/class/net/br0/flags", "0x1003\n")
    assert network.bridge(machine.host(BRIDGE)).level is Level.OK


def test_without_a_bridge_none_is_looked_for(machine: Machine) -> None:
    assert network.bridge(machine.host()).skipped
    assert network.bridge_helper(machine.host()).skipped


def test_the_helper_is_there(machine: Machine) -> None:
    assert network.bridge_helper(machine.host(BRIDGE)).remedy == "sudo apt install qemu-system-common"


def test_a_user_that_is_not_root_needs_a_set_uid_helper(open_folder: Machine, as_nobody: AsNobody) -> None:
    helper = open_folder.write(HELPER, mode=0o755)
    open_folder.write(RULES, "allow br0\n")
    found = as_nobody(network.bridge_helper, open_folder.host(BRIDGE))
    assert found.found.startswith(f"{helper} is not set-uid root")
    assert found.remedy == f"sudo dpkg-statoverride --update --add root root 4755 {helper}"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a set-uid program")
def test_a_set_uid_helper_will_do(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.write(HELPER, mode=0o4755)
    open_folder.write(RULES, "allow br0\n")
    assert as_nobody(network.bridge_helper, open_folder.host(BRIDGE)).level is Level.OK


def judged_by(machine: Machine, rules: str | None) -> str:
    if rules is not None:
        machine.write(RULES, rules)
    return network.bridge_rules(machine.host(BRIDGE)).found


@pytest.mark.parametrize(
    "rules,found",
    [
        ("allow br0\n", "{} allows br0"),
        ("# ours\nallow all\n", "{} allows br0"),
        ("allow br1\n", "{} does not allow br0"),
        ("", "{} does not allow br0"),
        ("allow all\ndeny br0\n", "{} denies br0"),
        ("deny all\nallow br0\n", "{} denies br0"),
        (None, "there is no {}, so the helper refuses every bridge"),
    ],
)
def test_the_helper_obeys_its_list(machine: Machine, rules: str | None, found: str) -> None:
    assert judged_by(machine, rules) == found.format(machine.root / RULES)


def test_included_lists_count(machine: Machine) -> None:
    more = machine.write("etc/qemu/more.conf", "allow br0\n")
    assert judged_by(machine, f"include {more}\n").endswith("allows br0")


def test_lists_that_include_themselves_end(machine: Machine) -> None:
    assert judged_by(machine, f"include {machine.root / RULES}\nallow br0\n").endswith("allows br0")


def test_a_list_that_only_root_reads_is_no_problem(open_folder: Machine, as_nobody: AsNobody) -> None:
    open_folder.write(RULES, "allow br0", mode=0o000)
    found = as_nobody(network.bridge_rules, open_folder.host(BRIDGE))
    assert (found.level, found.remedy) == (Level.WARNING, "ask again as root")


def test_the_filter_s_service_answers_or_not(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "netd.sock"
    settings = FILTER.format(path)
    gone = network.network_filter(machine.host(settings))
    assert (gone.level, gone.found) == (
        Level.PROBLEM,
        f"nobody answers at {path} (No such file or directory)",
    )
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(path))
        service.listen()
        assert network.network_filter(machine.host(settings)).found == f"answers at {path}"
    assert network.network_filter(machine.host(settings)).found.endswith("(Connection refused)")
    assert network.network_filter(machine.host()).skipped


def test_ports_of_the_range_that_are_in_use_are_named(machine: Machine) -> None:
    machine.write("proc/net/tcp", TABLE + "   0: 0100007F:2711 00000000:0000 0A 0 0\n")
    machine.write("proc/net/tcp6", TABLE + "   0: 00000000000000000000000000000000:0016 0:0 0A 0 0\n")
    machine.write("proc/net/udp", TABLE + "   0: 00000000:2712 00000000:0000 07 0 0\n")
    found = network.port_range(machine.host(PORTS))
    assert found.level is Level.NOTE
    assert found.found == "VMs may have tcp 10000-20000; in use now, by VMs or other programs: tcp 10001"


def test_free_ports_are_well_and_connections_take_none(machine: Machine) -> None:
    machine.write("proc/net/tcp", TABLE + "   0: 0100007F:2711 0100007F:1234 01 0 0\n")
    assert network.port_range(machine.host(PORTS)).found == "VMs may have tcp 10000-20000; all are free"
    assert network.port_range(machine.host("")).skipped


def test_low_ports_are_root_s(open_folder: Machine, as_nobody: AsNobody) -> None:
    found = as_nobody(network.port_range, open_folder.host())
    assert found.found == "VMs may have tcp 1-20000; those below 1024 are for root only"
