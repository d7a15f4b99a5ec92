"""The server's own needs: addresses, limits, clock, named files."""

from __future__ import annotations

import resource
import socket
import time

import pytest

from tests.ports import a_free_port
from tests.preflight.conftest import AsNobody
from tests.preflight.machine import Machine
from vms.preflight.checks import server
from vms.preflight.finding import Level


def test_an_address_is_free_or_names_who_has_it(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        settings = f'address = "127.0.0.1"\nport = {port}\n'
        taken = server.tcp_address(machine.host(settings))
        assert taken.level is Level.PROBLEM
        assert taken.found.startswith(f"127.0.0.1:{port} is taken by pid ")
        assert server.tcp_address(machine.host(settings, server_runs=True)).level is Level.OK
    assert server.tcp_address(machine.host(settings)).found == f"127.0.0.1:{port} is free"


def test_an_address_of_another_host_is_told(machine: Machine) -> None:
    found = server.tcp_address(machine.host('address = "192.0.2.1"\n'))
    assert found.found == "192.0.2.1:12000 can't be listened on (Cannot assign requested address)"


def test_low_ports_are_root_s(machine: Machine, as_nobody: AsNobody) -> None:
    found = as_nobody(server.tcp_address, machine.host("port = 81\n"))
    assert (found.found, found.remedy) == ("127.0.0.1:81 is for root only", "set port to 1024 or above")


def test_a_unix_socket_is_free_left_over_or_taken(machine: Machine) -> None:
    path = machine.folder / "vmm.sock"
    settings = f'address = "unix:{path}"\n'
    assert server.unix_socket(machine.host(settings)).found == f"{path} is free"
    assert server.tcp_address(machine.host(settings)).skipped
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(path))
        holder.listen()
        assert server.unix_socket(machine.host(settings)).level is Level.PROBLEM
        assert server.unix_socket(machine.host(settings, server_runs=True)).level is Level.OK
    assert "left over from a server that is dead" in server.unix_socket(machine.host(settings)).found
    assert server.unix_socket(machine.host()).skipped


def test_a_unix_socket_s_folder_must_be_there(machine: Machine) -> None:
    found = server.unix_socket(machine.host(f'unix_socket = "{machine.folder}/nowhere/vmm.sock"\n'))
    assert found.found == f"there is no folder {machine.folder}/nowhere"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, resource.RLIM_INFINITY))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_few_files_or_processes_are_a_warning(machine: Machine, few: None) -> None:
    assert "LimitNOFILE" in server.open_files(machine.host()).remedy
    assert "TasksMax" in server.processes(machine.host()).remedy


def test_no_limit_is_well(machine: Machine, many: None) -> None:
    assert server.open_files(machine.host()).found == "up to any number (hard limit any number)"
    assert server.processes(machine.host()).level is Level.OK


def test_a_clock_is_right_synchronized_or_neither(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.clock(machine.host(clock=lambda: 0)).found == "synchronized"
    assert server.clock(machine.host(clock=lambda: 5)).level is Level.NOTE
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    found = server.clock(machine.host(clock=lambda: 0))
    assert (found.level, found.prevents) == (Level.PROBLEM, False)
    assert found.found == "the clock says 1970-01-02, which has long been over"


def test_the_kernel_s_clock_can_be_asked_by_anybody(machine: Machine, as_nobody: AsNobody) -> None:
    assert as_nobody(server.clock, machine.host()).level in (Level.OK, Level.NOTE)


def test_named_files_are_there_or_told_by_key(machine: Machine) -> None:
    missing = machine.folder / "ca.pem"
    settings = f'[kms]\nca_file = "{missing}"\n'
    found = server.named_files(machine.host(settings))
    assert (found.level, found.found) == (Level.PROBLEM, f"kms.ca_file: {missing} does not exist")
    missing.write_text("")
    assert server.named_files(machine.host(settings)).level is Level.OK


def test_a_free_port_listens_on_every_address(machine: Machine) -> None:
    host = machine.host(f'address = "0.0.0.0"\nport = {a_free_port()}\n')
    assert server.tcp_address(host).level is Level.OK
