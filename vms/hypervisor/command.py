"""QEMU's command line for one guest: a pure function of frozen values.

For a confidential VM the order and kind of devices are measured, so they are a
contract: one function per group, called in the contract's order. What only plain
VMs get comes after all of that. QEMU runs in the VM's directory, so that its own
files are named relatively and no socket's path can grow past the 108 bytes that
AF_UNIX allows.
"""

from __future__ import annotations

from .errors import LaunchRefused
from .network import check_forwards, mac_address, netdev
from .options import kernel_cmdline, path_value, plain_path, user_name, vm_name, whole
from .spec import Accelerator, GuestSpec, HostSettings, ShareMode

FIRST_GUEST_CID = 3
"""Lower context ids mean the hypervisor, loopback and the host."""

TCG_TRANSLATION_CACHE_MIB = 128
"""QEMU would take a quarter of the host's memory for each guest otherwise."""


def build_argv(spec: GuestSpec, host: HostSettings) -> list[str]:
    """The command line that launches ``spec``, for a process whose cwd is the VM's directory.

    Raises:
        LaunchRefused: a value can't stand on a command line, or the guest is
            confidential, which needs what this host hasn't got.
    """
    if spec.tee is not None:
        raise LaunchRefused(
            "this is a confidential VM and this host supports no TEE; create it with no_tee for a plain VM"
        )
    return [
        *_program(spec, host),
        *_serial(),
        *_monitors(),
        *_boot(spec, host),
        *_globals(host),
        *_rootfs(spec),
        *_data_disk(),
        *_networks(spec, host),
        *_vsock(spec, host),
        *_host_share(spec),
        *_machine(host),
        *_size(spec),
        *_plain_extras(),
    ]


def _program(spec: GuestSpec, host: HostSettings) -> list[str]:
    cpu = {
        Accelerator.KVM: ["-accel", "kvm", "-cpu", "host"],
        # With qemu64, the default model, a guest waits seconds for entropy at boot.
        Accelerator.TCG: ["-accel", f"tcg,tb-size={TCG_TRANSLATION_CACHE_MIB}", "-cpu", "max"],
    }[host.accelerator]
    return [
        *_drop_privileges(host.user),
        plain_path(host.qemu_path),
        *("-name", vm_name(spec.vm_id)),
        *("-pidfile", "qemu.pid"),
        *cpu,
        "-nographic",
        "-nodefaults",
    ]


def _drop_privileges(user: str) -> list[str]:
    # setpriv rather than sudo: it keeps the descriptor of the lock open and stays no process of its own.
    if not user:
        return []
    name = user_name(user)
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--inh-caps=-all", "--"]


def _serial() -> list[str]:
    return [
        *("-chardev", "socket,id=com0,path=serial.sock,server=on,wait=off,logfile=serial.log,logappend=on"),
        *("-serial", "chardev:com0"),
    ]


def _monitors() -> list[str]:
    # The second one is never listened to: it makes QEMU itself write down its
    # events, so that how a guest ended is known even if no server was there.
    return [
        *("-qmp", "unix:qmp.sock,server=on,wait=off"),
        "-chardev",
        "socket,id=events-log,path=qmp-events.sock,server=on,wait=off,logfile=qmp-events.log,logappend=on",
        *("-mon", "chardev=events-log,mode=control"),
    ]


def _boot(spec: GuestSpec, host: HostSettings) -> list[str]:
    image = spec.image
    kernel = image.kernel
    if image.pvh_kernel is not None and image.bios is None and host.accelerator is Accelerator.TCG:
        kernel = image.pvh_kernel
    firmware = ["-bios", plain_path(image.bios)] if image.bios is not None else []
    return [*firmware, "-kernel", plain_path(kernel), "-initrd", plain_path(image.initrd)]


def _globals(host: HostSettings) -> list[str]:
    argv: list[str] = []
    if host.hotplug_off:
        argv += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
    if host.pci_hole64_size > 0:
        argv += ["-global", f"q35-pcihost.pci-hole64-size={host.pci_hole64_size:#x}"]
    return argv


def _rootfs(spec: GuestSpec) -> list[str]:
    rootfs = spec.image.rootfs
    if rootfs is None:
        return []
    drive = f"file={path_value(rootfs)},if=none,id=hd0,format=raw,readonly=on"
    return ["-drive", drive, "-device", "virtio-blk-pci,drive=hd0"]


def _data_disk() -> list[str]:
    # The format is said, never probed: the guest writes this disk, and could make it look like another.
    return [
        *("-drive", "file=hda.img,if=none,id=hd1,format=qcow2"),
        *("-device", "virtio-blk-pci,drive=hd1"),
    ]


def _networks(spec: GuestSpec, host: HostSettings) -> list[str]:
    check_forwards(spec)
    argv: list[str] = []
    for index, network in enumerate(spec.networks):
        mac = mac_address(spec.vm_id, index, host.mac_prefix)
        argv += ["-netdev", netdev(network, index, host)]
        argv += ["-device", f"virtio-net-pci,netdev=net{index},mac={mac}"]
    return argv


def _vsock(spec: GuestSpec, host: HostSettings) -> list[str]:
    if not host.vsock:
        return []
    cid = whole(spec.cid, FIRST_GUEST_CID, 2**32 - 2, "a CID")
    return ["-device", f"vhost-vsock-pci,guest-cid={cid}"]


def _host_share(spec: GuestSpec) -> list[str]:
    match spec.share_mode:
        case ShareMode.NINEP:
            readonly = "on" if spec.image.shared_ro else "off"
            return [
                "-virtfs",
                f"local,path=shared,mount_tag=host-shared,readonly={readonly},security_model=mapped,id=virtfs0",
            ]
        case other:
            raise LaunchRefused(f"host share mode {other.value} is not built yet")


def _machine(host: HostSettings) -> list[str]:
    # A split interrupt controller is one that KVM shares with QEMU: TCG knows no such thing.
    irqchip = "" if host.accelerator is Accelerator.TCG else "kernel-irqchip=split,"
    return ["-machine", f"q35,{irqchip}hpet=off"]


def _size(spec: GuestSpec) -> list[str]:
    return [
        *("-smp", whole(spec.vcpu, 1, 1024, "the number of vCPUs")),
        *("-m", whole(spec.memory_mb, 1, 2**32, "the memory (MB)") + "M"),
        *("-append", kernel_cmdline(spec.image.cmdline)),
    ]


def _plain_extras() -> list[str]:
    # A panic must end the guest, and otherwise than a power-off does; a reboot must not end it.
    return [
        *("-device", "virtio-serial-pci,id=channels"),
        *("-chardev", "file,id=guest-events,path=events.jsonl,append=on"),
        *("-device", "virtserialport,bus=channels.0,chardev=guest-events,name=dev.dstack.events"),
        *("-chardev", "socket,id=guest-agent,path=qga.sock,server=on,wait=off"),
        *("-device", "virtserialport,bus=channels.0,chardev=guest-agent,name=org.qemu.guest_agent.0"),
        *("-device", "pvpanic-pci"),
        *("-action", "panic=exit-failure"),
    ]
