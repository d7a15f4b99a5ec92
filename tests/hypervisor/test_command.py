"""What the command line refuses, and what it decides by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vms.hypervisor.command import build_argv
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.spec import (
    GpuDevice,
    GuestSpec,
    HostSettings,
    NetworkFilter,
    NetworkMode,
    NetworkSpec,
    PortForward,
    SevCapabilities,
    SevSnp,
    SmbiosTable,
    Tdx,
)

from .launches import (
    BRIDGE,
    FILTERED,
    IMAGE,
    KVM,
    KVM_VSOCK,
    PLAIN,
    SNP,
    SNP_HOST,
    TCG,
    TDX,
    TDX_HOST,
    USER,
    WEB,
)


def value_of(option: str, argv: list[str]) -> str:
    return argv[argv.index(option) + 1]


def with_image(**paths: Any) -> GuestSpec:
    return replace(PLAIN, image=replace(PLAIN.image, **paths))


def with_networks(*networks: NetworkSpec) -> GuestSpec:
    return replace(PLAIN, networks=networks)


def custom(text: str) -> NetworkSpec:
    return NetworkSpec(NetworkMode.CUSTOM, custom=text)


def forwarding(forward: PortForward) -> GuestSpec:
    return with_networks(NetworkSpec(NetworkMode.USER, forwards=(forward,)))


@pytest.mark.parametrize(
    "spec, words",
    [
        (replace(PLAIN, vm_id="vm,readonly=on"), "not a VM id"),
        (replace(PLAIN, vcpu=0), "number of vCPUs must be 1 to 1024, not 0"),
        (replace(PLAIN, memory_mb=0), "memory"),
        (replace(PLAIN, hugepages=True, memory_mb=1023), "hugepages: memory must be at least 1024 MB"),
        (with_image(pvh_kernel=Path("relative")), "'relative' is not an absolute path"),
        (with_image(rootfs=Path("nbd:10.0.0.1:10809")), "absolute path"),
        (with_image(initrd=Path("/a\nb")), "control characters"),
        (with_image(initrd=Path("/images/evil/a,/etc/shadow")), "no folder in its path may end in a comma"),
        (with_image(initrd=Path("/images/evil/a,,/etc/shadow")), "no folder in its path may end in a comma"),
        (with_image(cmdline="a\nb"), "kernel's command line holds control characters"),
        (with_image(cmdline="a\0b"), "control characters"),
        (with_image(cmdline="a\ud800"), "kernel's command line holds characters that are no text"),
        (replace(PLAIN, volumes=(Path("x"),)), "absolute path"),
        (replace(PLAIN, pinned_cpus="0-3;reboot"), "not a list of CPUs like 0-15,32-47"),
        (replace(PLAIN, pinned_cpus="0-3,"), "not a list of CPUs"),
        (replace(PLAIN, pinned_cpus="-h"), "not a list of CPUs"),
        (replace(PLAIN, gpus=(GpuDevice("18:00.0,x-vga=on"),)), "not a PCI address like 65:00.0"),
        (replace(PLAIN, gpus=(GpuDevice("18:00.8"),)), "not a PCI address"),
        (replace(PLAIN, gpus=(GpuDevice("18:00.0"),), bridges=("",)), "not a PCI address"),
        (replace(PLAIN, gpus=(GpuDevice("18:00.0", -1),), hugepages=True), "NUMA node must be 0 to 1023"),
        (with_networks(NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0,x=y")), "bridge"),
        (with_networks(NetworkSpec(NetworkMode.BRIDGE)), "bridge"),
        (with_networks(custom("user")), "must hold id=net0"),
        (with_networks(custom("user,id=net01")), "must hold id=net0"),
        (with_networks(custom("user,hostname=a,,id=net0")), "must hold id=net0"),
        (with_networks(custom("user,id=net0\n")), "control characters"),
        (
            with_networks(USER, custom("user,id=net0")),
            "must hold id=net1 to be interface 1; as it names one interface, a VM can have only one",
        ),
        (forwarding(replace(WEB, host_address="::1")), "must be an IPv4 address, not '::1'"),
        (forwarding(replace(WEB, host_address="localhost")), "IPv4"),
        (forwarding(replace(WEB, host_address="127.0.0.1,guestfwd=x")), "IPv4"),
        (forwarding(replace(WEB, host_port=0)), "host port"),
        (forwarding(replace(WEB, guest_port=65536)), "guest port"),
        (
            with_networks(USER, NetworkSpec(NetworkMode.USER, forwards=(WEB,))),
            "first user network only, not by interface 1",
        ),
        (with_networks(replace(BRIDGE, forwards=(WEB,))), "first user network only"),
    ],
)
def test_a_value_that_could_bring_options_along_is_refused(spec: GuestSpec, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(spec, TCG)


def table(number: int, key: str, value: str) -> HostSettings:
    return replace(TCG, smbios=(SmbiosTable(number, ((key, value),)),))


@pytest.mark.parametrize(
    "host, words",
    [
        (replace(TCG, user="root; reboot"), "name of a user"),
        (replace(TCG, user="--clear-groups"), "name of a user"),
        (replace(TCG, mac_prefix=b"1234"), "MAC prefix"),
        (replace(TCG, qemu_path=Path("qemu")), "absolute path"),
        (replace(TCG, pci_hole64_size=-1), "64-bit PCI hole"),
        (replace(TCG, user_net="fd00::/64"), "user network must be an IPv4 network, not 'fd00::/64'"),
        (replace(TCG, user_net="10.0.2.0/24,guestfwd=tcp:10.0.2.1:1-cmd:id"), "IPv4 network"),
        (
            replace(TCG, user_net_dhcp_start="10.0.3.1"),
            "10.0.3.1 does not lie in the user network 10.0.2.0/24",
        ),
        (replace(TCG, user_net_dhcp_start="10.0.2.9,x"), "first DHCP address must be an IPv4 address"),
        (table(4, "version", "1"), "SMBIOS tables are of type 0 to 3, not 4"),
        (table(3, "product", "x"), "type 3 has manufacturer, version, serial, asset, not 'product'"),
        (table(1, "file", "/etc/shadow"), "not 'file'"),
        (table(1, "serial", "a\nb"), "SMBIOS field serial holds control characters"),
        (table(1, "serial", "\x1b[2J"), "control characters"),
        (table(1, "serial", "x" * 256), "longer than 255 characters"),
        (table(1, "uuid", "1234"), "'1234' is no SMBIOS uuid"),
        (table(0, "release", "1.0,uefi=on"), "no SMBIOS release"),
    ],
)
def test_a_node_s_setting_that_can_t_stand_is_refused(host: HostSettings, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(PLAIN, host)


def filtered(**changes: Any) -> HostSettings:
    fit = NetworkFilter(Path("/run/netd.sock"), "node-1", "clean-traffic")
    return replace(FILTERED, network_filter=replace(fit, **changes))


@pytest.mark.parametrize(
    "host, words",
    [
        (filtered(instance_id=""), "'' is not an instance id"),
        (filtered(instance_id="a\0b"), "not an instance id"),
        (filtered(filter="clean traffic"), "'clean traffic' is not the name of a network filter"),
        (filtered(filter=""), "not the name of a network filter"),
        (filtered(parameters=(("IP'", "1"),)), "not a network filter's parameter"),
        (filtered(parameters=(("IP", "1\n2"),)), "parameter IP holds control characters"),
        (filtered(parameters=(("IP", "ü" * 257),)), "parameter IP is longer than 512 bytes"),
        (filtered(parameters=(("IP", "1"),) * 65), "at most 64 parameters"),
    ],
)
def test_a_network_filter_that_its_service_would_not_take_is_refused(host: HostSettings, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(with_networks(BRIDGE), host)
    build_argv(with_networks(USER), host)  # which no filter concerns


@pytest.mark.parametrize(
    "spec, host, words",
    [
        (TDX, replace(TDX_HOST, accelerator=TCG.accelerator), "needs KVM, which does not work here"),
        (SNP, replace(SNP_HOST, accelerator=TCG.accelerator), "needs KVM, which does not work here"),
        (TDX, replace(TDX_HOST, vsock=False), "needs /dev/vhost-vsock, which can't be used here"),
        (SNP, replace(SNP_HOST, vsock=False), "needs /dev/vhost-vsock, which can't be used here"),
        (SNP, replace(SNP_HOST, sev=None), "needs QEMU's answer to query-sev-capabilities"),
    ],
)
def test_a_confidential_vm_that_can_t_be_one_here_is_refused_with_what_to_do(
    spec: GuestSpec, host: HostSettings, words: str
) -> None:
    with pytest.raises(LaunchRefused, match=f"{words}.*; create it with no_tee for a plain VM"):
        build_argv(spec, host)


@pytest.mark.parametrize(
    "spec, host, words",
    [
        (replace(TDX, tee=Tdx(b"")), TDX_HOST, "mr_config_id must be 48 bytes, not 0"),
        (replace(TDX, tee=Tdx(bytes(32))), TDX_HOST, "mr_config_id must be 48 bytes, not 32"),
        (replace(SNP, tee=SevSnp(bytes(48))), SNP_HOST, "host_data must be 32 bytes, not 48"),
        (SNP, replace(SNP_HOST, sev=SevCapabilities(64, 1)), "C bit must be 0 to 63, not 64"),
        (TDX, replace(TDX_HOST, qgs_port=2**32 - 1), "quote generation service"),
    ],
)
def test_what_is_measured_has_its_length(spec: GuestSpec, host: HostSettings, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(spec, host)


def test_an_snp_guest_in_huge_pages_is_refused_before_qemu_would() -> None:
    with pytest.raises(LaunchRefused, match="QEMU can't give them to AMD SEV-SNP"):
        build_argv(replace(SNP, hugepages=True), SNP_HOST)
    build_argv(replace(TDX, hugepages=True), TDX_HOST)


@pytest.mark.parametrize("cid", [2, 0, 2**32 - 1])
def test_a_cid_that_means_the_host_is_refused(cid: int) -> None:
    with pytest.raises(LaunchRefused, match="a CID must be 3 to 4294967294"):
        build_argv(replace(PLAIN, cid=cid), KVM_VSOCK)


@pytest.mark.parametrize(
    "spec, host, kernel",
    [
        (PLAIN, TCG, "vmlinux"),
        (PLAIN, KVM, "bzImage"),
        (replace(PLAIN, image=IMAGE), TCG, "bzImage"),  # firmware loads no PVH kernel
        (replace(PLAIN, swtpm=True), TCG, "bzImage"),  # a PVH kernel with a TPM finds no ACPI tables
    ],
)
def test_the_kernel_that_boots_fastest_is_taken_where_it_works(
    spec: GuestSpec, host: HostSettings, kernel: str
) -> None:
    assert Path(value_of("-kernel", build_argv(spec, host))).name == kernel


def test_the_order_of_tables_and_fields_is_the_contract_s_not_the_setting_s() -> None:
    tables = (
        SmbiosTable(3, (("serial", "c"),)),
        SmbiosTable(1, (("product", "b"), ("manufacturer", "a"))),
        SmbiosTable(0, ()),
    )
    argv = build_argv(PLAIN, replace(TCG, smbios=tables))
    values = [argv[at + 1] for at, word in enumerate(argv) if word == "-smbios"]
    assert values == ["type=1,manufacturer=a,product=b", "type=3,serial=c"]


def test_the_same_spec_gives_the_same_command_line() -> None:
    assert build_argv(TDX, TDX_HOST) == build_argv(replace(TDX), replace(TDX_HOST))
