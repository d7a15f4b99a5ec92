"""The command line: golden, and closed to everything that would bring options along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vms.hypervisor.command import build_argv
from vms.hypervisor.errors import LaunchRefused
from vms.hypervisor.spec import (
    Accelerator,
    GuestSpec,
    HostSettings,
    ImageFiles,
    NetworkMode,
    NetworkSpec,
    PortForward,
    Tdx,
    Transport,
)

FORWARDS = (
    PortForward(Transport.TCP, "127.0.0.1", 8080, 80),
    PortForward(Transport.UDP, "0.0.0.0", 5300, 53),
)

IMAGE = ImageFiles(
    kernel=Path("/images/demo/bzImage"),
    initrd=Path("/images/demo/initrd"),
    cmdline="console=ttyS0 key=a,b",
    pvh_kernel=Path("/images/demo/vmlinux"),
    rootfs=Path("/images/demo/rootfs,v1.img.verity"),
)

SPEC = GuestSpec(
    vm_id="vm-123",
    vcpu=2,
    memory_mb=1024,
    disk_gb=20,
    cid=1000,
    image=IMAGE,
    networks=(
        NetworkSpec(NetworkMode.USER, forwards=FORWARDS),
        NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0"),
        NetworkSpec(NetworkMode.CUSTOM, custom="tap,id=net2,ifname=tap0,script=no"),
    ),
    generation=1,
)

HOST = HostSettings(Path("/usr/bin/qemu-system-x86_64"), Path("/usr/bin/qemu-img"), Accelerator.TCG)

GOLDEN_TCG = """
/usr/bin/qemu-system-x86_64
-name vm-123
-pidfile qemu.pid
-accel tcg,tb-size=128
-cpu max
-nographic
-nodefaults
-chardev socket,id=com0,path=serial.sock,server=on,wait=off,logfile=serial.log,logappend=on
-serial chardev:com0
-qmp unix:qmp.sock,server=on,wait=off
-chardev socket,id=events-log,path=qmp-events.sock,server=on,wait=off,logfile=qmp-events.log,logappend=on
-mon chardev=events-log,mode=control
-kernel /images/demo/vmlinux
-initrd /images/demo/initrd
-drive file=/images/demo/rootfs,,v1.img.verity,if=none,id=hd0,format=raw,readonly=on
-device virtio-blk-pci,drive=hd0
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:5300-:53
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6
-netdev bridge,id=net1,br=br0
-device virtio-net-pci,netdev=net1,mac=c6:74:2c:65:14:b9
-netdev tap,id=net2,ifname=tap0,script=no
-device virtio-net-pci,netdev=net2,mac=52:10:22:04:9c:19
-virtfs local,path=shared,mount_tag=host-shared,readonly=off,security_model=mapped,id=virtfs0
-machine q35,hpet=off
-smp 2
-m 1024M
-append console=ttyS0 key=a,b
-device virtio-serial-pci,id=channels
-chardev file,id=guest-events,path=events.jsonl,append=on
-device virtserialport,bus=channels.0,chardev=guest-events,name=dev.dstack.events
-chardev socket,id=guest-agent,path=qga.sock,server=on,wait=off
-device virtserialport,bus=channels.0,chardev=guest-agent,name=org.qemu.guest_agent.0
-device pvpanic-pci
-action panic=exit-failure
"""  # noqa: E501 - one option a line, as it is


def shown(argv: list[str]) -> str:
    """One option with its value a line."""
    lines = ""
    for word in argv:
        lines += ("\n" if word.startswith("-") or not lines else " ") + word
    return f"\n{lines.strip()}\n"


def value_of(option: str, argv: list[str]) -> str:
    return argv[argv.index(option) + 1]


def test_a_plain_guest_under_tcg_is_golden() -> None:
    assert shown(build_argv(SPEC, HOST)) == GOLDEN_TCG


def test_kvm_differs_in_processor_machine_and_kernel_only() -> None:
    argv = build_argv(SPEC, replace(HOST, accelerator=Accelerator.KVM))
    changed = (
        ("-accel tcg,tb-size=128", "-accel kvm"),
        ("-cpu max", "-cpu host"),
        ("-kernel /images/demo/vmlinux", "-kernel /images/demo/bzImage"),
        ("-machine q35,hpet=off", "-machine q35,kernel-irqchip=split,hpet=off"),
    )
    golden = GOLDEN_TCG
    for tcg, kvm in changed:
        golden = golden.replace(tcg, kvm)
    assert shown(argv) == golden


def test_firmware_comes_before_the_kernel_and_rules_out_pvh() -> None:
    argv = build_argv(replace(SPEC, image=replace(IMAGE, bios=Path("/images/demo/ovmf.fd"))), HOST)
    assert argv.index("-bios") < argv.index("-kernel")
    assert value_of("-kernel", argv) == "/images/demo/bzImage"


def test_what_the_node_chose_stands_in_its_place() -> None:
    host = replace(HOST, hotplug_off=True, pci_hole64_size=2**40, user_net_restrict=True, vsock=True)
    argv = build_argv(SPEC, host)
    text = shown(argv)
    assert (
        "-initrd /images/demo/initrd\n"
        "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off\n"
        "-global q35-pcihost.pci-hole64-size=0x10000000000\n"
        "-drive " in text
    )
    assert "-device vhost-vsock-pci,guest-cid=1000\n-virtfs " in text
    assert ",restrict=yes," in value_of("-netdev", argv)


def test_another_user_is_taken_on_without_a_process_in_between() -> None:
    argv = build_argv(SPEC, replace(HOST, user="dstack"))
    program = argv.index("/usr/bin/qemu-system-x86_64")
    assert argv[:program] == [
        "setpriv", "--reuid=dstack", "--regid=dstack", "--init-groups", "--inh-caps=-all", "--"
    ]  # fmt: skip


def test_a_share_that_guests_may_not_write_is_read_only() -> None:
    argv = build_argv(replace(SPEC, image=replace(IMAGE, shared_ro=True)), HOST)
    assert ",readonly=on," in value_of("-virtfs", argv)


def test_the_same_spec_gives_the_same_command_line() -> None:
    assert build_argv(SPEC, HOST) == build_argv(replace(SPEC), replace(HOST))


def test_a_confidential_vm_is_refused_with_what_to_do() -> None:
    with pytest.raises(LaunchRefused, match=r"needs KVM.*; create it with no_tee"):
        build_argv(replace(SPEC, tee=Tdx()), HOST)


def user_network(forward: PortForward) -> GuestSpec:
    return replace(SPEC, networks=(NetworkSpec(NetworkMode.USER, forwards=(forward,)),))


FORWARD = FORWARDS[0]


@pytest.mark.parametrize(
    "spec, words",
    [
        (replace(SPEC, vm_id="vm,readonly=on"), "not a VM id"),
        (replace(SPEC, vcpu=0), "vCPUs"),
        (replace(SPEC, memory_mb=0), "memory"),
        (replace(SPEC, image=replace(IMAGE, pvh_kernel=Path("relative"))), "absolute path"),
        (replace(SPEC, image=replace(IMAGE, initrd=Path("/a\nb"))), "control characters"),
        (replace(SPEC, image=replace(IMAGE, rootfs=Path("x/y"))), "absolute path"),
        (replace(SPEC, image=replace(IMAGE, cmdline="a\nb")), "control characters"),
        (replace(SPEC, networks=(NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0,x=y"),)), "bridge"),
        (replace(SPEC, networks=(NetworkSpec(NetworkMode.BRIDGE),)), "bridge"),
        (replace(SPEC, networks=(NetworkSpec(NetworkMode.CUSTOM, custom="user"),)), "id=net0"),
        (replace(SPEC, networks=(NetworkSpec(NetworkMode.CUSTOM, custom="user,id=net01"),)), "id=net0"),
        (user_network(replace(FORWARD, host_address="::1")), "IPv4"),
        (user_network(replace(FORWARD, host_address="localhost")), "IPv4"),
        (user_network(replace(FORWARD, host_address="127.0.0.1,guestfwd=x")), "IPv4"),
        (user_network(replace(FORWARD, host_port=0)), "host port"),
        (user_network(replace(FORWARD, guest_port=65536)), "guest port"),
        (
            replace(SPEC, networks=(SPEC.networks[0], NetworkSpec(NetworkMode.USER, forwards=(FORWARD,)))),
            "first user network only, not by interface 1",
        ),
        (
            replace(SPEC, networks=(NetworkSpec(NetworkMode.BRIDGE, bridge_name="br0", forwards=FORWARDS),)),
            "first user network only",
        ),
    ],
)
def test_a_value_that_could_bring_options_along_is_refused(spec: GuestSpec, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(spec, HOST)


@pytest.mark.parametrize(
    "host, words",
    [
        (replace(HOST, user="root; reboot"), "name of a user"),
        (replace(HOST, mac_prefix=b"1234"), "MAC prefix"),
        (replace(HOST, qemu_path=Path("qemu")), "absolute path"),
    ],
)
def test_a_node_s_setting_that_can_t_stand_is_refused(host: HostSettings, words: str) -> None:
    with pytest.raises(LaunchRefused, match=words):
        build_argv(SPEC, host)


@pytest.mark.parametrize("cid", [2, 0, 2**32 - 1])
def test_a_cid_that_means_the_host_is_refused(cid: int) -> None:
    with pytest.raises(LaunchRefused, match="CID"):
        build_argv(replace(SPEC, cid=cid), replace(HOST, vsock=True))
