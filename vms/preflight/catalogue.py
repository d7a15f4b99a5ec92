"""Every check, in the order in which people read them. Ids are stable: scripts and alarms name them."""

from __future__ import annotations

from vms.preflight.check import Check
from vms.preflight.checks import (
    acceleration,
    confidential,
    devices,
    network,
    programs,
    qemu,
    server,
    services,
    storage,
)
from vms.preflight.finding import CONFIDENTIAL, Ability

_SERVER = (Ability.SERVER,)
_VMS = (Ability.PLAIN, *CONFIDENTIAL)

CHECKS: tuple[Check, ...] = (
    Check("qemu.program", "QEMU", "QEMU", qemu.program, (Ability.SERVER, *_VMS)),
    Check("qemu.version", "QEMU", "QEMU's age", qemu.version, _VMS),
    Check("qemu.img", "QEMU", "qemu-img", qemu.image_tool, (Ability.SERVER, *_VMS)),
    Check(
        "qemu.devices", "QEMU", "devices of plain VMs", qemu.devices, (Ability.PLAIN, Ability.USER_NETWORK)
    ),
    Check("kvm.device", "Acceleration", "KVM's device", acceleration.kvm_device, CONFIDENTIAL),
    Check("kvm.boot", "Acceleration", "a guest in KVM", acceleration.kvm_boot, CONFIDENTIAL),
    Check("tcg.boot", "Acceleration", "a guest in TCG", acceleration.tcg_boot, (Ability.PLAIN,)),
    Check("tdx.kernel", "Confidential computing", "TDX", confidential.tdx, (Ability.TDX,)),
    Check("qemu.tdx", "Confidential computing", "QEMU's TDX", qemu.tdx, (Ability.TDX,)),
    Check("tdx.quotes", "Confidential computing", "quotes", confidential.quote_service, (Ability.TDX,)),
    Check("sev.kernel", "Confidential computing", "SEV-SNP", confidential.sev_kernel, (Ability.SEV_SNP,)),
    Check(
        "sev.firmware", "Confidential computing", "firmware", confidential.sev_firmware, (Ability.SEV_SNP,)
    ),
    Check("qemu.sev-snp", "Confidential computing", "QEMU's SEV-SNP", qemu.sev_snp, (Ability.SEV_SNP,)),
    Check("vsock.device", "Confidential computing", "vsock", confidential.vsock, CONFIDENTIAL),
    Check("memory.hugepages", "Devices", "huge pages", devices.huge_pages, (Ability.HUGEPAGES,)),
    Check("pci.iommu", "Devices", "IOMMU", devices.iommu, (Ability.GPUS,)),
    Check("pci.vfio", "Devices", "vfio", devices.vfio, (Ability.GPUS,)),
    Check("qemu.iommufd", "Devices", "QEMU's iommufd", qemu.iommufd, (Ability.GPUS,)),
    Check("pci.gpus", "Devices", "devices for VMs", devices.gpus, (Ability.GPUS,)),
    Check("network.bridge", "Networks", "bridge", network.bridge, (Ability.BRIDGE, Ability.NETWORK_FILTER)),
    Check("network.helper", "Networks", "QEMU's bridge helper", network.bridge_helper, (Ability.BRIDGE,)),
    Check("network.rules", "Networks", "QEMU's bridge.conf", network.bridge_rules, (Ability.BRIDGE,)),
    Check("network.filter", "Networks", "network filter", network.network_filter, (Ability.NETWORK_FILTER,)),
    Check("network.ports", "Networks", "ports for VMs", network.port_range, (Ability.USER_NETWORK,)),
    Check("storage.data", "Storage", "data folder", storage.data, _SERVER),
    Check("storage.run", "Storage", "VMs' folder", storage.run, (Ability.SERVER, *_VMS)),
    Check("storage.images", "Storage", "images' folder", storage.image_folder, (Ability.PULLS,)),
    Check("storage.database", "Storage", "database", storage.database, _SERVER),
    Check("images.usable", "Storage", "guest images", storage.images, _VMS),
    Check("program.swtpm", "Programs", "swtpm", programs.swtpm, (Ability.TPM,)),
    Check("program.taskset", "Programs", "taskset", programs.taskset, (Ability.PINNING,)),
    Check("program.setpriv", "Programs", "setpriv", programs.setpriv, _VMS),
    Check("user.qemu", "Programs", "QEMU's user", programs.qemu_user, _VMS),
    Check("service.kms", "Services", "KMS", services.kms, (Ability.KMS,), quick=False),
    Check(
        "service.key-provider",
        "Services",
        "key provider",
        services.key_provider,
        (Ability.SEALING,),
        quick=False,
    ),
    Check("service.registry", "Services", "registry", services.registry, (Ability.PULLS,), quick=False),
    Check("server.address", "This server", "TCP address", server.tcp_address, _SERVER),
    Check("server.socket", "This server", "Unix socket", server.unix_socket, _SERVER),
    Check("server.files", "This server", "open files", server.open_files, _SERVER),
    Check("server.processes", "This server", "processes", server.processes, _VMS),
    Check("server.clock", "This server", "clock", server.clock, _VMS),
    Check("server.named-files", "This server", "named files", server.named_files, _SERVER),
)


def chosen(words: list[str]) -> list[Check]:
    """The checks that ``words`` name: ids, or their first parts (``qemu`` is all of QEMU's).

    Raises:
        ValueError: a word names none; the message says which there are.
    """
    for word in words:
        if not any(_is_named(check, word) for check in CHECKS):
            raise ValueError(f"{word}: no such check (allowed: {', '.join(check.id for check in CHECKS)})")
    return [check for check in CHECKS if any(_is_named(check, word) for word in words)]


def quick() -> list[Check]:
    """Those that a server asks again and again."""
    return [check for check in CHECKS if check.quick]


def _is_named(check: Check, word: str) -> bool:
    return word in (check.id, check.id.partition(".")[0])
