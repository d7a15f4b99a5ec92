"""What a launch is meant to say, from the launch contract alone: a second, plain statement of it.

Nothing here is text for a command line: each option is a list of keys and values
(or a JSON object, or raw text), as QEMU must have read it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from vms.hypervisor.spec import (
    Accelerator,
    GuestSpec,
    HostSettings,
    NetworkMode,
    PortForward,
    SevSnp,
    ShareMode,
    Tdx,
)

from .option_syntax import Value, key_values

Option = tuple[str, Value]
Pairs = list[tuple[str, str]]

SNP_SUFFIX = [("disable-legacy", "on"), ("iommu_platform", "true")]
TABLES = {
    0: "vendor version date release",
    1: "manufacturer product version serial uuid family sku",
    2: "manufacturer product version serial asset",
    3: "manufacturer version serial asset",
}


def launcher(spec: GuestSpec, host: HostSettings) -> list[str]:
    words = []
    if host.user:
        words += ["setpriv", f"--reuid={host.user}", f"--regid={host.user}"]
        words += ["--init-groups", "--inh-caps=-all", "--"]
    if spec.pinned_cpus:
        words += ["taskset", "-c", spec.pinned_cpus]
    return [*words, str(host.qemu_path)]


def intended(spec: GuestSpec, host: HostSettings) -> list[Option]:
    return [
        *_process(spec, host),
        *_boot(spec, host),
        *_disks(spec),
        *_interfaces(spec, host),
        *_smbios(host),
        *_tpm_and_vsock(spec, host),
        *_share(spec),
        *_numa(spec),
        *_machine(spec, host),
        *_gpus(spec),
        *_size(spec),
        *(_extras() if spec.tee is None else []),
    ]


def _virtio(spec: GuestSpec, driver: str, *pairs: tuple[str, str]) -> Option:
    return "-device", [("driver", driver), *pairs, *(SNP_SUFFIX if isinstance(spec.tee, SevSnp) else [])]


def _process(spec: GuestSpec, host: HostSettings) -> Iterator[Option]:
    kvm = host.accelerator is Accelerator.KVM
    yield "-name", [("guest", spec.vm_id)]
    yield "-pidfile", "qemu.pid"
    yield "-accel", [("accel", "kvm")] if kvm else [("accel", "tcg"), ("tb-size", "128")]
    yield "-cpu", [("model", "EPYC-v4" if isinstance(spec.tee, SevSnp) else "host" if kvm else "max")]
    yield "-nographic", None
    yield "-nodefaults", None
    log = [("logfile", "serial.log"), ("logappend", "on")]
    yield "-chardev", [("backend", "pipe"), ("id", "com0"), ("path", "serial"), *log]
    yield "-serial", "chardev:com0"
    yield "-qmp", [("address", "unix:qmp.sock"), ("server", "on"), ("wait", "off")]
    yield "-chardev", _socket("events-log", "qmp-events.sock", "qmp-events.log")
    yield "-mon", [("chardev", "events-log"), ("mode", "control")]


def _socket(name: str, path: str, log: str) -> Pairs:
    served = [("server", "on"), ("wait", "off"), ("logfile", log), ("logappend", "on")]
    return [("backend", "socket"), ("id", name), ("path", path), *served]


def _boot(spec: GuestSpec, host: HostSettings) -> Iterator[Option]:
    image = spec.image
    firmware = (image.bios_sev or image.bios) if isinstance(spec.tee, SevSnp) else image.bios
    if firmware:
        yield "-bios", str(firmware)
    pvh = host.accelerator is Accelerator.TCG and not image.bios and not spec.swtpm
    yield "-kernel", str((image.pvh_kernel if pvh else None) or image.kernel)
    yield "-initrd", str(image.initrd)
    if host.hotplug_off:
        yield "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
    if host.pci_hole64_size:
        yield "-global", "q35-pcihost.pci-hole64-size=0x" + format(host.pci_hole64_size, "x")


def _disks(spec: GuestSpec) -> Iterator[Option]:
    if spec.image.rootfs:
        yield from _raw_disk(spec, str(spec.image.rootfs), "hd0")
    yield "-drive", [("file", "hda.img"), ("if", "none"), ("id", "hd1"), ("format", "qcow2")]
    yield _virtio(spec, "virtio-blk-pci", ("drive", "hd1"))
    for number, volume in enumerate(spec.volumes):
        yield from _raw_disk(spec, str(volume), f"vol{number}")


def _raw_disk(spec: GuestSpec, file: str, name: str) -> Iterator[Option]:
    yield "-drive", [("file", file), ("if", "none"), ("id", name), ("format", "raw"), ("readonly", "on")]
    yield _virtio(spec, "virtio-blk-pci", ("drive", name))


def _interfaces(spec: GuestSpec, host: HostSettings) -> Iterator[Option]:
    for number, network in enumerate(spec.networks):
        seed = f"{spec.vm_id}:{number}" if number else spec.vm_id
        mac = [*host.mac_prefix, *hashlib.sha256(seed.encode()).digest()][:6]
        mac[0] = (mac[0] | 2) & ~1
        if network.mode is NetworkMode.CUSTOM:
            yield "-netdev", key_values(network.custom, "type")
        elif network.mode is NetworkMode.USER:
            yield "-netdev", _user_net(number, host, network.forwards)
        elif host.network_filter:
            identity = "\0".join([host.network_filter.instance_id, spec.vm_id, str(number)])
            tap = "dt" + hashlib.sha256(identity.encode()).hexdigest()[:12]
            off = [("script", "no"), ("downscript", "no"), ("vhost", "off")]
            yield "-netdev", [("type", "tap"), ("id", f"net{number}"), ("ifname", tap), *off]
        else:
            yield "-netdev", [("type", "bridge"), ("id", f"net{number}"), ("br", network.bridge_name)]
        address = ":".join(format(byte, "02x") for byte in mac)
        yield _virtio(spec, "virtio-net-pci", ("netdev", f"net{number}"), ("mac", address))


def _user_net(number: int, host: HostSettings, forwards: tuple[PortForward, ...]) -> Pairs:
    restrict = "yes" if host.user_net_restrict else "no"
    return [
        ("type", "user"),
        ("id", f"net{number}"),
        ("net", host.user_net),
        ("dhcpstart", host.user_net_dhcp_start),
        ("restrict", restrict),
        *(
            ("hostfwd", f"{each.protocol.value}:{each.host_address}:{each.host_port}-:{each.guest_port}")
            for each in forwards
        ),
    ]


def _smbios(host: HostSettings) -> Iterator[Option]:
    for number, keys in TABLES.items():
        given = {key: value for table in host.smbios if table.type == number for key, value in table.fields}
        fields = [(key, given[key]) for key in keys.split() if key in given]
        if fields:
            yield "-smbios", [("type", str(number)), *fields]


def _tpm_and_vsock(spec: GuestSpec, host: HostSettings) -> Iterator[Option]:
    if spec.swtpm:
        yield "-chardev", [("backend", "socket"), ("id", "chrtpm"), ("path", "swtpm.sock")]
        yield "-tpmdev", [("type", "emulator"), ("id", "tpm0"), ("chardev", "chrtpm")]
        yield "-device", [("driver", "tpm-tis"), ("tpmdev", "tpm0")]
    if host.vsock:
        yield _virtio(spec, "vhost-vsock-pci", ("guest-cid", str(spec.cid)))


def _share(spec: GuestSpec) -> Iterator[Option]:
    if spec.share_mode is ShareMode.NINEP:
        readonly = "on" if spec.image.shared_ro else "off"
        yield "-virtfs", [
            ("fsdriver", "local"), ("path", "shared"), ("mount_tag", "host-shared"),
            ("readonly", readonly), ("security_model", "mapped"), ("id", "virtfs0"),
        ]  # fmt: skip
    elif spec.share_mode is ShareMode.VVFAT:
        yield "-blockdev", [
            ("driver", "vvfat"), ("node-name", "vvfat0"), ("read-only", "on"),
            ("dir", "shared"), ("label", "DSTACKSHR"),
        ]  # fmt: skip
        yield _virtio(spec, "virtio-blk-pci", ("drive", "vvfat0"))
    else:
        yield from _raw_disk(spec, "shared.img", "hd2")


def _rounded(spec: GuestSpec) -> tuple[list[int], int, int]:
    """NUMA nodes, vCPUs and MB; the figures are multiples where there are nodes."""
    if not spec.hugepages:
        return [], spec.vcpu, spec.memory_mb
    nodes = sorted({gpu.numa_node for gpu in spec.gpus} or {0})
    vcpus, gib = spec.vcpu, spec.memory_mb // 1024
    while vcpus % len(nodes):
        vcpus += 1
    while gib % len(nodes):
        gib += 1
    return nodes, vcpus, gib * 1024


def _numa(spec: GuestSpec) -> Iterator[Option]:
    nodes, all_vcpus, all_mb = _rounded(spec)
    vcpus, gib = (all_vcpus // len(nodes), all_mb // 1024 // len(nodes)) if nodes else (0, 0)
    bus = 5
    for number, node in enumerate(nodes):
        cpus = f"{number * vcpus}-{number * vcpus + vcpus - 1}"
        yield "-numa", [("type", "node"), ("nodeid", str(number)), ("cpus", cpus), ("memdev", f"mem{number}")]
        yield "-object", [
            ("qom-type", "memory-backend-file"), ("id", f"mem{number}"), ("size", f"{gib}G"),
            ("mem-path", "/dev/hugepages"), ("share", "on"), ("prealloc", "yes"),
            ("host-nodes", str(node)), ("policy", "bind"),
        ]  # fmt: skip
        yield "-device", [
            ("driver", "pxb-pcie"), ("id", f"pcie.node{node}"), ("bus", "pcie.0"),
            ("addr", str(10 + number)), ("numa_node", str(number)), ("bus_nr", str(bus)),
        ]  # fmt: skip
        bus += sum(gpu.numa_node == node for gpu in spec.gpus) + 1


def _machine(spec: GuestSpec, host: HostSettings) -> Iterator[Option]:
    split, hpet = ("kernel-irqchip", "split"), ("hpet", "off")
    if spec.tee is None:
        yield "-machine", [("type", "q35"), *([split] if host.accelerator is Accelerator.KVM else []), hpet]
    elif isinstance(spec.tee, Tdx):
        yield "-machine", [("type", "q35"), split, ("confidential-guest-support", "tdx"), hpet]
        guest: dict[str, object] = {"qom-type": "tdx-guest", "id": "tdx"}
        if spec.tee.mr_config_id is not None:
            guest["mrconfigid"] = base64.b64encode(spec.tee.mr_config_id).decode()
        if host.qgs_port:
            guest["quote-generation-socket"] = {"type": "vsock", "cid": "2", "port": str(host.qgs_port)}
        yield "-object", guest
    else:
        assert host.sev is not None
        yield "-object", [
            ("qom-type", "memory-backend-memfd"), ("id", "ram1"), ("size", f"{_rounded(spec)[2]}M"),
            ("share", "true"), ("prealloc", "false"),
        ]  # fmt: skip
        yield "-object", [
            ("qom-type", "sev-snp-guest"), ("id", "sev0"), ("policy", "0x30000"), ("sev-device", "/dev/sev"),
            ("kernel-hashes", "on"), ("host-data", base64.b64encode(spec.tee.host_data).decode()),
            ("cbitpos", str(host.sev.cbitpos)), ("reduced-phys-bits", str(host.sev.reduced_phys_bits)),
        ]  # fmt: skip
        support = ("confidential-guest-support", "sev0")
        yield "-machine", [("type", "q35"), split, support, ("memory-backend", "ram1"), hpet]


def _gpus(spec: GuestSpec) -> Iterator[Option]:
    if not spec.gpus:
        return
    yield "-object", [("qom-type", "iommufd"), ("id", "iommufd0")]
    buses = [f"pcie.node{gpu.numa_node}" if spec.hugepages else "pcie.0" for gpu in spec.gpus]
    slots = [gpu.slot for gpu in spec.gpus] + list(spec.bridges)
    for number, slot in enumerate(slots, 1):
        bus = buses[number - 1] if number <= len(buses) else "pcie.0"
        port = f"pci.{number}"
        yield "-device", [("driver", "pcie-root-port"), ("id", port), ("bus", bus), ("chassis", str(number))]
        yield "-device", [("driver", "vfio-pci"), ("host", slot), ("bus", port), ("iommufd", "iommufd0")]


def _size(spec: GuestSpec) -> Iterator[Option]:
    _, vcpus, memory_mb = _rounded(spec)
    yield "-smp", [("cpus", str(vcpus))]
    yield "-m", [("size", f"{memory_mb}M")]
    if spec.image.cmdline:
        yield "-append", spec.image.cmdline


def _extras() -> Iterator[Option]:
    port = [("driver", "virtserialport"), ("bus", "channels.0")]
    agent = [("backend", "socket"), ("id", "guest-agent"), ("path", "qga.sock")]
    yield "-device", [("driver", "virtio-serial-pci"), ("id", "channels"), ("bus", "pcie.0")]
    yield "-chardev", [
        ("backend", "file"), ("id", "guest-events"), ("path", "events.jsonl"), ("append", "on")
    ]  # fmt: skip
    yield "-device", [*port, ("chardev", "guest-events"), ("name", "dev.dstack.events")]
    yield "-chardev", [*agent, ("server", "on"), ("wait", "off")]
    yield "-device", [*port, ("chardev", "guest-agent"), ("name", "org.qemu.guest_agent.0")]
    yield "-device", [("driver", "pvpanic-pci"), ("bus", "pcie.0")]
    yield "-action", [("panic", "exit-failure")]
