"""No value makes an option that its author didn't mean: QEMU would read back just what was meant."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vms.hypervisor.command import build_argv
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.spec import (
    Accelerator,
    GpuDevice,
    GuestSpec,
    HostSettings,
    NetworkFilter,
    NetworkMode,
    NetworkSpec,
    PortForward,
    SmbiosTable,
    Transport,
)

from . import strategies
from .intended import TABLES, intended, launcher
from .launches import LAUNCHES, PLAIN, TDX, TDX_HOST
from .option_syntax import NotAnOption, key_values, options
from .strategies import attack

hostile_path = attack.map(Path) | attack.map(lambda text: Path("/images/" + text.replace("\0", "")))


def read_back(spec: GuestSpec, host: HostSettings) -> None:
    """The command line says what is meant, and can be handed to a process at all."""
    argv = build_argv(spec, host)
    assert not any(b"\0" in os.fsencode(word) for word in argv)
    start = launcher(spec, host)
    assert argv[: len(start)] == start
    assert options(argv[len(start) :]) == intended(spec, host)


@pytest.mark.parametrize("name", LAUNCHES)
def test_every_golden_launch_is_read_back_as_it_was_meant(name: str) -> None:
    read_back(*LAUNCHES[name])


@settings(max_examples=300)
@given(strategies.specs, strategies.hosts(), st.sampled_from(Accelerator))
def test_any_fit_launch_is_built_and_read_back_as_it_was_meant(
    spec: GuestSpec, host: HostSettings, accelerator: Accelerator
) -> None:
    read_back(spec, host if spec.tee else replace(host, accelerator=accelerator))


SPEC_ATTACKS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "the id": attack.map(lambda text: {"vm_id": text}),
    "a path of the image": st.builds(
        lambda key, path: {"image": replace(PLAIN.image, **{key: path})},
        st.sampled_from(["kernel", "initrd", "pvh_kernel", "rootfs", "bios", "bios_sev"]),
        hostile_path,
    ),
    "the kernel's command line": attack.map(lambda text: {"image": replace(PLAIN.image, cmdline=text)}),
    "a volume": hostile_path.map(lambda path: {"volumes": (path,)}),
    "a bridge": attack.map(lambda text: {"networks": (NetworkSpec(NetworkMode.BRIDGE, text),)}),
    "an address": attack.map(
        lambda text: {
            "networks": (NetworkSpec(NetworkMode.USER, forwards=(PortForward(Transport.TCP, text, 80, 80),)),)
        }
    ),
    "a GPU's slot": attack.map(lambda text: {"gpus": (GpuDevice(text),)}),
    "a switch's slot": attack.map(lambda text: {"gpus": (GpuDevice("18:00.0"),), "bridges": (text,)}),
    "the CPUs": attack.map(lambda text: {"pinned_cpus": text}),
    "a compose file": attack.map(
        lambda text: {"shared_files": {"app-compose.json": text.encode(errors="surrogatepass")}}
    ),
}

HOST_ATTACKS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "the program": hostile_path.map(lambda path: {"qemu_path": path}),
    "the user": attack.map(lambda text: {"user": text}),
    "the user network": attack.map(lambda text: {"user_net": text}),
    "the first DHCP address": attack.map(lambda text: {"user_net_dhcp_start": text}),
    "a MAC prefix": st.binary(max_size=8).map(lambda prefix: {"mac_prefix": prefix}),
    "an SMBIOS value": st.sampled_from(sorted(TABLES)).flatmap(
        lambda number: strategies.smbios_table(number, attack).map(lambda table: {"smbios": (table,)})
    ),
    "an SMBIOS key": attack.map(lambda text: {"smbios": (SmbiosTable(1, ((text, "x"),)),)}),
    "an instance id": attack.map(
        lambda text: {"network_filter": NetworkFilter(Path("/run/netd.sock"), text, "f")}
    ),
}


def refused_or_read_back(spec: GuestSpec, host: HostSettings) -> None:
    try:
        read_back(spec, host)
    except LaunchRefused:
        pass  # nothing else may be raised


@pytest.mark.parametrize("what", SPEC_ATTACKS)
@given(st.data())
def test_a_deployer_s_or_image_s_value_stays_a_value(what: str, data: st.DataObject) -> None:
    changes = data.draw(SPEC_ATTACKS[what])
    for spec, host in ((PLAIN, LAUNCHES["plain-tcg"][1]), (TDX, TDX_HOST)):
        refused_or_read_back(replace(spec, **changes), host)


@pytest.mark.parametrize("what", HOST_ATTACKS)
@given(st.data())
def test_an_operator_s_value_stays_a_value(what: str, data: st.DataObject) -> None:
    changes = data.draw(HOST_ATTACKS[what])
    spec, host = LAUNCHES["network-bridge-filtered"]
    refused_or_read_back(spec, replace(host, **changes))
    refused_or_read_back(TDX, replace(TDX_HOST, **changes))


@given(strategies.specs, strategies.hosts())
def test_a_guest_s_files_leave_no_trace_on_the_command_line(spec: GuestSpec, host: HostSettings) -> None:
    assert build_argv(spec, host) == build_argv(replace(spec, shared_files={}, run_files={}), host)


@pytest.mark.parametrize(
    "text, read",
    [
        ("user,id=net0", [("type", "user"), ("id", "net0")]),
        ("file=a,,b,if=none", [("file", "a,b"), ("if", "none")]),
        ("file=a,,,if=none", [("file", "a,"), ("if", "none")]),
        ("file=a,", [("file", "a")]),
        ("socket,server,wait=off", [("type", "socket"), ("server", "on"), ("wait", "off")]),
        ("a=b=c", [("a", "b=c")]),
        ("type=1,,x=y", [("type", "1,x=y")]),
    ],
)
def test_the_reader_of_options_reads_as_qemu_does(text: str, read: list[tuple[str, str]]) -> None:
    assert key_values(text, "type") == read


@pytest.mark.parametrize("words", [["-edu", "x"], ["-device"], ["disk.img"], ["-append", "a\0b"]])
def test_the_reader_of_options_stops_where_qemu_does(words: list[str]) -> None:
    with pytest.raises(NotAnOption):
        options(words)
