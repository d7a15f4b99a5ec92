"""What is found of a host, laid out in a folder, and what the operator's file makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hypervisor import machines
from vmm_site.config import Config, examine_config
from vms.choices import Platform
from vms.hypervisor.accelerator import QemuTools
from vms.hypervisor.command import build_argv
from vms.hypervisor.spec import (
    Accelerator,
    HostSettings,
    ImageFiles,
    NetworkFilter,
    NetworkMode,
    NetworkSpec,
    SevCapabilities,
)
from vms.worker.host_settings import host_settings
from vms.worker.tee_platform import FoundPlatform, find_platform

VSOCK = {"dev/vhost-vsock": ""}
TDX = VSOCK | {"sys/module/kvm_intel/parameters/tdx": "Y\n"}
SNP = VSOCK | {
    "sys/module/kvm_amd/parameters/sev_snp": "Y\n",
    "dev/sev": "",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sev sev_snp\nbugs\t\t: sev_snp_not_a_flag\n",
}
SAYS_51 = json.dumps({"return": {"cbitpos": 51, "reduced-phys-bits": 1}})
SAYS_NO = json.dumps({"error": {"class": "GenericError", "desc": "SEV is not enabled in KVM"}})


def laid_out(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def qemu_that_says(folder: Path, reply: str) -> Path:
    program = folder / "qemu"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{reply}'\n")
    program.chmod(0o755)
    return program


def found(
    folder: Path, files: Mapping[str, str], configured: str = "auto", reply: str = SAYS_51
) -> FoundPlatform:
    qemu = qemu_that_says(folder, reply)
    return find_platform(configured, Accelerator.KVM, qemu, laid_out(folder / "root", files))


@pytest.mark.parametrize("configured", ["auto", "tdx"])
def test_a_tdx_host_is_one(tmp_path: Path, configured: str) -> None:
    assert found(tmp_path, TDX, configured) == FoundPlatform(Platform.TDX, vsock=True)


@pytest.mark.parametrize("configured", ["auto", "amd-sev-snp"])
def test_a_sev_snp_host_is_one_with_what_its_qemu_says(tmp_path: Path, configured: str) -> None:
    sev = SevCapabilities(cbitpos=51, reduced_phys_bits=1)
    assert found(tmp_path, SNP, configured) == FoundPlatform(Platform.AMD_SEV_SNP, vsock=True, sev=sev)


@pytest.mark.parametrize(
    "files, configured, words",
    [
        (TDX, "none", "platform is configured as none"),
        ({}, "auto", "there is no {root}/dev/vhost-vsock"),
        (VSOCK, "tdx", "the kernel's KVM knows no TDX (there is no kvm_intel.tdx)"),
        (
            VSOCK,
            "auto",
            "the CPU shows no SEV-SNP, and the kernel's KVM knows no TDX (there is no kvm_intel.tdx)",
        ),
        (
            TDX | {"sys/module/kvm_intel/parameters/tdx": "N\n"},
            "tdx",
            "KVM has TDX switched off (kvm_intel.tdx)",
        ),
        (TDX, "amd-sev-snp", "the kernel sees no SEV-SNP in this CPU"),
        (
            SNP | {"sys/module/kvm_amd/parameters/sev_snp": "N\n"},
            "auto",
            "KVM has SEV-SNP switched off (kvm_amd.sev_snp)",
        ),
        (
            {name: text for name, text in SNP.items() if name != "dev/sev"},
            "auto",
            "there is no {root}/dev/sev",
        ),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, files: Mapping[str, str], configured: str, words: str
) -> None:
    seen = found(tmp_path, files, configured)
    assert (seen.platform, seen.sev) == (Platform.NONE, None)
    assert seen.missing == words.format(root=tmp_path / "root")
    assert seen.vsock == ("dev/vhost-vsock" in files)


def test_a_qemu_that_knows_of_no_sev_is_heard(tmp_path: Path) -> None:
    seen = found(tmp_path, SNP, reply=SAYS_NO)
    assert seen.platform is Platform.NONE
    assert seen.missing == "QEMU knows of no SEV here: SEV is not enabled in KVM"


def test_a_device_that_is_none_is_not_usable(tmp_path: Path) -> None:
    (tmp_path / "root" / "dev" / "vhost-vsock").mkdir(parents=True)
    seen = found(tmp_path, {"sys/module/kvm_intel/parameters/tdx": "Y\n"})
    assert not seen.vsock
    assert "dev/vhost-vsock can't be opened (Is a directory)" in seen.missing


def test_why_kvm_is_not_used_is_told_as_it_is(tmp_path: Path) -> None:
    def missing(files: Mapping[str, str]) -> str:
        root = laid_out(tmp_path / str(len(files)), {**TDX, **files})
        return find_platform("tdx", Accelerator.TCG, tmp_path / "qemu", root).missing

    assert missing({}) == f"there is no {tmp_path}/0/dev/kvm"
    assert "KVM-PVM" in missing({"sys/module/kvm_pvm/refcnt": "1"})


def configuration(folder: Path, toml: str) -> Config:
    (folder / "vmm.toml").write_text(toml)
    examined = examine_config(folder / "vmm.toml", {"VMM_DATA": str(folder)})
    assert examined.config is not None, examined.problems
    return examined.config


def settings_of(folder: Path, toml: str) -> HostSettings:
    tools = QemuTools(Path("/usr/bin/qemu"), Path("/usr/bin/qemu-img"), "9.2.1")
    found = FoundPlatform(Platform.AMD_SEV_SNP, vsock=True, sev=SevCapabilities(51, 1))
    return host_settings(configuration(folder, toml), tools, Accelerator.KVM, found)


def test_an_empty_file_gives_what_the_existing_program_gives(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    assert settings.qgs_port == 4050
    assert (settings.user_net, settings.user_net_dhcp_start) == ("10.0.2.0/24", "10.0.2.10")
    assert settings.network_filter is None
    assert settings.vsock
    assert settings.sev == SevCapabilities(51, 1)
    assert smbios_of(settings) == ["type=1,manufacturer=dstack,product=dstack"]


def smbios_of(settings: HostSettings) -> list[str]:
    argv = build_argv(machines.guest_spec(ImageFiles(Path("/kernel"), Path("/initrd"))), settings)
    return [argv[at + 1] for at, word in enumerate(argv) if word == "-smbios"]


def test_every_smbios_setting_stands_in_its_table_in_order(tmp_path: Path) -> None:
    toml = """
        [cvm.product]
        chassis_asset_tag = "c4"
        chassis_serial = "c3"
        chassis_version = "c2"
        chassis_vendor = "c1"
        board_asset_tag = "b5"
        board_serial = "b4"
        board_version = "b3"
        board_name = "b2"
        board_vendor = "b1, Inc."
        product_sku = "p7"
        product_family = "p6"
        product_uuid = "6c1fa9c5-7c4d-4f3e-9f04-9c1c9ad8a2ee"
        product_serial = "p4"
        product_version = "p3"
        product_name = "p2"
        sys_vendor = "p1"
        bios_release = "1.2"
        bios_date = "01/02/2026"
        bios_version = "v2"
        bios_vendor = "v1"
    """
    assert smbios_of(settings_of(tmp_path, toml)) == [
        "type=0,vendor=v1,version=v2,date=01/02/2026,release=1.2",
        "type=1,manufacturer=p1,product=p2,version=p3,serial=p4,"
        "uuid=6c1fa9c5-7c4d-4f3e-9f04-9c1c9ad8a2ee,family=p6,sku=p7",
        "type=2,manufacturer=b1,, Inc.,product=b2,version=b3,serial=b4,asset=b5",
        "type=3,manufacturer=c1,version=c2,serial=c3,asset=c4",
    ]


def test_a_table_without_a_field_is_no_table(tmp_path: Path) -> None:
    assert smbios_of(settings_of(tmp_path, '[cvm.product]\nsys_vendor = ""\nproduct_name = ""')) == []


def test_the_network_of_guests_is_the_operators(tmp_path: Path) -> None:
    toml = """
        [cvm]
        qgs_port = 0
        [cvm.networking]
        net = "10.9.0.0/16"
        dhcp_start = "10.9.1.1"
        restrict = true
    """
    settings = settings_of(tmp_path, toml)
    assert settings.qgs_port == 0
    argv = build_argv(machines.guest_spec(ImageFiles(Path("/kernel"), Path("/initrd"))), settings)
    assert "user,id=net0,net=10.9.0.0/16,dhcpstart=10.9.1.1,restrict=yes" in argv


@pytest.mark.parametrize(
    "given, used", [("", ""), ("daemon", "daemon"), ("0", "root"), ("4294967290", "4294967290")]
)
def test_qemus_user_may_be_given_as_a_number(tmp_path: Path, given: str, used: str) -> None:
    assert settings_of(tmp_path, f'[cvm]\nuser = "{given}"').user == used


FILTERED = """
    run_path = "/srv/dstack/run/vm"
    [cvm]
    instance_id = "{instance_id}"
    [cvm.network_filter]
    mode = "libvirt"
    filter = "no-spoofing"
    parameters = {{ IP = "10.0.0.9", CTRL_IP_LEARNING = "dhcp" }}
    [netd]
    socket = "/run/netd.sock"
"""


@pytest.mark.parametrize("given, used", [("node-7", "node-7"), ("", "path-8510d5150aa2ffd1")])
def test_filtered_bridges_are_named_after_this_server(tmp_path: Path, given: str, used: str) -> None:
    settings = settings_of(tmp_path, FILTERED.format(instance_id=given))
    assert settings.network_filter == NetworkFilter(
        Path("/run/netd.sock"), used, "no-spoofing", (("CTRL_IP_LEARNING", "dhcp"), ("IP", "10.0.0.9"))
    )
    networks = (NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0"),)
    spec = machines.guest_spec(ImageFiles(Path("/kernel"), Path("/initrd")))
    tap = "dt" + hashlib.sha256(f"{used}\0vm-1\x000".encode()).hexdigest()[:12]
    argv = build_argv(replace(spec, networks=networks), settings)
    assert f"tap,id=net0,ifname={tap},script=no,downscript=no,vhost=off" in argv
