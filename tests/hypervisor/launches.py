"""Launches of every kind, each with a golden command line in ``golden/``.

``python -m tests.hypervisor.launches`` writes those files anew; what changes in them is
then read by a person beside the launch contract, never taken on trust.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from vms.hypervisor.command import build_argv
from vms.hypervisor.spec import (
    Accelerator,
    GpuDevice,
    GuestSpec,
    HostSettings,
    ImageFiles,
    NetworkFilter,
    NetworkMode,
    NetworkSpec,
    PortForward,
    SevCapabilities,
    SevSnp,
    ShareMode,
    SmbiosTable,
    Tdx,
    Transport,
)

GOLDEN = Path(__file__).with_name("golden")

IMAGES = Path("/images/dstack-0.5.4")
IMAGE = ImageFiles(
    kernel=IMAGES / "bzImage",
    initrd=IMAGES / "initramfs.cpio.gz",
    cmdline="console=ttyS0 init=/init panic=1 key=a,b",
    pvh_kernel=IMAGES / "vmlinux",
    rootfs=IMAGES / "rootfs.img.verity",
    bios=IMAGES / "ovmf.fd",
    bios_sev=IMAGES / "ovmf-sev.fd",
)
DEMO = replace(IMAGE, bios=None, bios_sev=None)

WEB = PortForward(Transport.TCP, "127.0.0.1", 8080, 80)
DNS = PortForward(Transport.UDP, "0.0.0.0", 5300, 53)
USER = NetworkSpec(NetworkMode.USER)
SERVING = NetworkSpec(NetworkMode.USER, forwards=(WEB, DNS))
BRIDGE = NetworkSpec(NetworkMode.BRIDGE, bridge_name="br-dstack")
CUSTOM = NetworkSpec(NetworkMode.CUSTOM, custom="tap,id=net0,ifname=tap7,script=no,downscript=no")

VOLUMES = (Path("/volumes/models.img"), Path("/volumes/weights, v2.img"))

GPU_A, GPU_B, GPU_C = GpuDevice("18:00.0", 0), GpuDevice("2a:00.0", 0), GpuDevice("9a:00.0", 1)
SWITCHES = ("05:00.0", "0000:06:00.0")

SMBIOS_DEFAULT = (SmbiosTable(1, (("manufacturer", "dstack"), ("product", "dstack"))),)
SMBIOS_FULL = (
    SmbiosTable(0, (("vendor", "SeaBIOS"), ("version", "1.16"), ("date", "04/01/2014"), ("release", "1.0"))),
    SmbiosTable(
        1,
        (
            ("manufacturer", "Acme, Inc."),
            ("product", "Vault = 9"),
            ("version", "2"),
            ("serial", "S-1"),
            ("uuid", "01234567-89AB-cdef-0123-456789abcdef"),
            ("family", "Küche"),
            ("sku", "K,,1"),
        ),
    ),
    SmbiosTable(
        2,
        (("manufacturer", "M"), ("product", "B"), ("version", "3"), ("serial", "S-2"), ("asset", "A-2")),
    ),
    SmbiosTable(3, (("manufacturer", "C"), ("version", "4"), ("serial", "S-3"), ("asset", "A-3"))),
)

TCG = HostSettings(Path("/usr/bin/qemu-system-x86_64"), Path("/usr/bin/qemu-img"), Accelerator.TCG)
KVM = replace(TCG, accelerator=Accelerator.KVM)
KVM_VSOCK = replace(KVM, vsock=True)
TDX_HOST = replace(KVM_VSOCK, qgs_port=4050, smbios=SMBIOS_DEFAULT)
SNP_HOST = replace(KVM_VSOCK, qgs_port=4050, smbios=SMBIOS_DEFAULT, sev=SevCapabilities(51, 1))
FILTERED = replace(
    KVM_VSOCK,
    network_filter=NetworkFilter(Path("/run/netd.sock"), "node-1", "clean-traffic", (("IP", "10.0.0.9"),)),
)

PLAIN = GuestSpec("vm-123", 2, 2048, 20, cid=1000, image=DEMO, networks=(USER,), generation=1)
NO_IMAGE_EXTRAS = replace(DEMO, rootfs=None, pvh_kernel=None, cmdline="")
OVMF = replace(PLAIN, image=IMAGE)
TDX = replace(OVMF, tee=Tdx(b"\x01" + bytes(range(32)) + bytes(15)))
SNP = replace(OVMF, tee=SevSnp(bytes(range(32, 64))))

EIGHT_GPUS = tuple(
    GpuDevice(slot, node)
    for slot, node in (
        ("18:00.0", 0), ("2a:00.0", 0), ("3a:00.0", 0), ("5d:00.0", 0),
        ("9a:00.0", 1), ("ab:00.0", 1), ("ba:00.0", 1), ("db:00.0", 1),
    )
)  # fmt: skip
FOUR_SWITCHES = ("05:00.0", "06:00.0", "07:00.0", "08:00.0")
LARGE: dict[str, Any] = {
    "vcpu": 95,
    "memory_mb": 1_000_000,
    "hugepages": True,
    "gpus": EIGHT_GPUS,
    "bridges": FOUR_SWITCHES,
}
THREE_NICS = (SERVING, BRIDGE, USER)
MEASURED_CHIPSET: dict[str, Any] = {"hotplug_off": True, "pci_hole64_size": 2**40}
EVERYTHING_ELSE: dict[str, Any] = {
    "networks": THREE_NICS,
    "volumes": VOLUMES,
    "swtpm": True,
    "gpus": (GPU_A, GPU_C),
    "bridges": SWITCHES,
    "pinned_cpus": "0-15,32-47",
}

LAUNCHES: dict[str, tuple[GuestSpec, HostSettings]] = {
    # Plain guests: processor, kernel, firmware
    "plain-tcg": (PLAIN, TCG),
    "plain-tcg-bare-image": (replace(PLAIN, image=NO_IMAGE_EXTRAS), TCG),
    "plain-tcg-firmware": (OVMF, TCG),
    "plain-tcg-tpm": (replace(PLAIN, swtpm=True), TCG),
    "plain-kvm": (PLAIN, KVM),
    "plain-kvm-vsock": (PLAIN, KVM_VSOCK),
    "plain-kvm-firmware": (OVMF, KVM_VSOCK),
    "plain-kvm-tpm": (replace(PLAIN, swtpm=True), KVM_VSOCK),
    # Whom it runs as, and where
    "plain-other-user": (PLAIN, replace(TCG, user="dstack")),
    "plain-pinned": (replace(PLAIN, pinned_cpus="0-15,32-47"), TCG),
    "plain-pinned-other-user": (replace(PLAIN, pinned_cpus="3"), replace(TCG, user="dstack")),
    # What the host shares
    "share-9p-read-only": (replace(PLAIN, image=replace(DEMO, shared_ro=True)), TCG),
    "share-vvfat": (replace(PLAIN, share_mode=ShareMode.VVFAT), TCG),
    "share-vhd": (replace(PLAIN, share_mode=ShareMode.VHD), TCG),
    "volumes": (replace(PLAIN, volumes=VOLUMES), TCG),
    "volumes-and-vhd": (replace(PLAIN, volumes=VOLUMES, share_mode=ShareMode.VHD), TCG),
    "paths-with-commas": (
        replace(PLAIN, image=ImageFiles(Path("/a,b/k,1"), Path("/a,b/i,1"), rootfs=Path("/a,b/r,,1"))),
        replace(TCG, qemu_path=Path("/opt/qemu, 9/qemu")),
    ),
    # Networks
    "network-none": (replace(PLAIN, networks=()), TCG),
    "network-user-forwards": (replace(PLAIN, networks=(SERVING,)), TCG),
    "network-user-of-the-node": (
        PLAIN,
        replace(TCG, user_net="192.168.7.0/25", user_net_dhcp_start="192.168.7.40", user_net_restrict=True),
    ),
    "network-two-user": (replace(PLAIN, networks=(SERVING, USER)), TCG),
    "network-user-behind-bridge": (replace(PLAIN, networks=(BRIDGE, SERVING)), TCG),
    "network-bridge": (replace(PLAIN, networks=(BRIDGE,)), TCG),
    "network-bridge-filtered": (replace(PLAIN, networks=(BRIDGE, USER, BRIDGE)), FILTERED),
    "network-custom": (replace(PLAIN, networks=(CUSTOM, BRIDGE)), TCG),
    "mac-prefix-one-byte": (replace(PLAIN, networks=(USER, BRIDGE)), replace(TCG, mac_prefix=b"\x01")),
    "mac-prefix-three-bytes": (replace(PLAIN, networks=(USER, USER)), replace(TCG, mac_prefix=b"RT\0")),
    # What the node's operator decides
    "smbios-default": (PLAIN, replace(TCG, smbios=SMBIOS_DEFAULT)),
    "smbios-full": (PLAIN, replace(TCG, smbios=SMBIOS_FULL)),
    "chipset-hotplug-off": (PLAIN, replace(TCG, hotplug_off=True)),
    "chipset-hole64": (PLAIN, replace(TCG, pci_hole64_size=2**40)),
    "chipset-both": (OVMF, replace(KVM_VSOCK, hotplug_off=True, pci_hole64_size=0x8000000000)),
    # Huge pages and GPUs
    "hugepages-rounded": (replace(PLAIN, memory_mb=2047, hugepages=True), KVM_VSOCK),
    "hugepages-other-node": (replace(PLAIN, hugepages=True, gpus=(GPU_C,)), KVM_VSOCK),
    "hugepages-two-nodes-rounded": (
        replace(PLAIN, vcpu=3, memory_mb=5000, hugepages=True, gpus=(GPU_C, GPU_A, GPU_B)),
        KVM_VSOCK,
    ),
    "gpu": (replace(PLAIN, gpus=(GPU_C,)), KVM_VSOCK),
    "gpus-and-switches": (replace(PLAIN, gpus=(GPU_A, GPU_C), bridges=SWITCHES), KVM_VSOCK),
    "switches-without-gpu": (replace(PLAIN, memory_mb=4096, bridges=SWITCHES), KVM_VSOCK),
    "gpus-all-hugepages": (replace(PLAIN, **LARGE), KVM_VSOCK),
    "plain-everything": (
        replace(OVMF, **EVERYTHING_ELSE, hugepages=True, memory_mb=8192),
        replace(KVM_VSOCK, **MEASURED_CHIPSET, smbios=SMBIOS_FULL, user="dstack"),
    ),
    # TDX
    "tdx": (TDX, TDX_HOST),
    "tdx-without-id": (replace(TDX, tee=Tdx()), TDX_HOST),
    "tdx-without-quote-service": (TDX, replace(TDX_HOST, qgs_port=0)),
    "tdx-bare": (replace(TDX, tee=Tdx(), image=NO_IMAGE_EXTRAS), KVM_VSOCK),
    "tdx-share-read-only": (replace(TDX, image=replace(IMAGE, shared_ro=True)), TDX_HOST),
    "tdx-vvfat": (replace(TDX, share_mode=ShareMode.VVFAT), TDX_HOST),
    "tdx-vhd": (replace(TDX, share_mode=ShareMode.VHD), TDX_HOST),
    "tdx-volumes": (replace(TDX, volumes=VOLUMES), TDX_HOST),
    "tdx-three-nics": (replace(TDX, networks=THREE_NICS), TDX_HOST),
    "tdx-tpm": (replace(TDX, swtpm=True), TDX_HOST),
    "tdx-chipset": (TDX, replace(TDX_HOST, **MEASURED_CHIPSET)),
    "tdx-gpus": (replace(TDX, gpus=(GPU_A, GPU_C), bridges=SWITCHES), TDX_HOST),
    "tdx-hugepages": (replace(TDX, hugepages=True), TDX_HOST),
    "tdx-gpus-all-hugepages": (replace(TDX, **LARGE), replace(TDX_HOST, **MEASURED_CHIPSET)),
    "tdx-everything": (
        replace(TDX, **EVERYTHING_ELSE, hugepages=True, memory_mb=8192),
        replace(TDX_HOST, **MEASURED_CHIPSET, smbios=SMBIOS_FULL, user="dstack"),
    ),
    # SEV-SNP
    "snp": (SNP, SNP_HOST),
    "snp-common-firmware": (replace(SNP, image=replace(IMAGE, bios_sev=None)), SNP_HOST),
    "snp-bare": (replace(SNP, image=NO_IMAGE_EXTRAS), SNP_HOST),
    "snp-vvfat": (replace(SNP, share_mode=ShareMode.VVFAT), SNP_HOST),
    "snp-vhd": (replace(SNP, share_mode=ShareMode.VHD), SNP_HOST),
    "snp-volumes": (replace(SNP, volumes=VOLUMES), SNP_HOST),
    "snp-three-nics": (replace(SNP, networks=THREE_NICS), SNP_HOST),
    "snp-tpm": (replace(SNP, swtpm=True), SNP_HOST),
    "snp-gpus": (replace(SNP, gpus=(GPU_A, GPU_C), bridges=SWITCHES), SNP_HOST),
    "snp-everything": (
        replace(SNP, **EVERYTHING_ELSE, share_mode=ShareMode.VHD),
        replace(SNP_HOST, **MEASURED_CHIPSET, smbios=SMBIOS_FULL, user="dstack"),
    ),
}  # fmt: skip

ALONE = ("-nographic", "-nodefaults")
"""Options without a value."""


def shown(argv: list[str], program: str) -> str:
    """What starts QEMU and QEMU on a line each, then an option with its value a line."""
    start = argv.index(program)
    lines = [" ".join(argv[:start])] if start else []
    words = iter(argv[start + 1 :])
    lines += [program, *(word if word in ALONE else f"{word} {next(words)}" for word in words)]
    return "\n".join(lines) + "\n"


def command_line(name: str) -> str:
    spec, host = LAUNCHES[name]
    return shown(build_argv(spec, host), str(host.qemu_path))


def write_golden_files() -> None:
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    for name in LAUNCHES:
        (GOLDEN / f"{name}.txt").write_text(command_line(name), encoding="utf-8")


if __name__ == "__main__":
    write_golden_files()
