"""The operator's configuration in the hypervisor's words: the same for every guest."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from vms.hypervisor.accelerator import QemuTools
from vms.hypervisor.spec import Accelerator, HostSettings, LogLimits, NetworkFilter, SmbiosTable
from vms.worker.tee_platform import FoundPlatform

if TYPE_CHECKING:
    from vmm_site.config import Config

SMBIOS_FIELDS: dict[int, dict[str, str]] = {
    0: {"vendor": "bios_vendor", "version": "bios_version", "date": "bios_date", "release": "bios_release"},
    1: {
        "manufacturer": "sys_vendor",
        "product": "product_name",
        "version": "product_version",
        "serial": "product_serial",
        "uuid": "product_uuid",
        "family": "product_family",
        "sku": "product_sku",
    },
    2: {
        "manufacturer": "board_vendor",
        "product": "board_name",
        "version": "board_version",
        "serial": "board_serial",
        "asset": "board_asset_tag",
    },
    3: {
        "manufacturer": "chassis_vendor",
        "version": "chassis_version",
        "serial": "chassis_serial",
        "asset": "chassis_asset_tag",
    },
}
"""Type of table → QEMU's field → the setting in ``[cvm.product]``; the order is the command line's."""


def host_settings(
    config: Config, tools: QemuTools, accelerator: Accelerator, found: FoundPlatform
) -> HostSettings:
    """What every guest of this host is launched with."""
    cvm = config.cvm
    return HostSettings(
        qemu_path=tools.qemu_path,
        qemu_img_path=tools.qemu_img_path,
        accelerator=accelerator,
        mac_prefix=cvm.networking.mac_prefix_bytes,
        hotplug_off=cvm.qemu_hotplug_off,
        pci_hole64_size=cvm.qemu_pci_hole64_size,
        user_net=cvm.networking.net,
        user_net_dhcp_start=cvm.networking.dhcp_start,
        user_net_restrict=cvm.networking.restrict,
        user=user_name(cvm.user),
        vsock=found.vsock,
        qgs_port=cvm.qgs_port,
        sev=found.sev,
        smbios=smbios_tables(config),
        network_filter=network_filter(config),
        swtpm_path=_swtpm(),
        stop_grace_s=float(cvm.stop_grace),
        launch_timeout_s=float(cvm.launch_timeout),
        logs=LogLimits(cvm.log.max_bytes, cvm.log.max_backups),
    )


def smbios_tables(config: Config) -> tuple[SmbiosTable, ...]:
    """The tables that have a field; an empty setting is none."""
    product = config.cvm.product
    tables = []
    for number, names in SMBIOS_FIELDS.items():
        fields = tuple((key, str(getattr(product, name))) for key, name in names.items())
        given = tuple((key, value) for key, value in fields if value)
        if given:
            tables.append(SmbiosTable(number, given))
    return tuple(tables)


def network_filter(config: Config) -> NetworkFilter | None:
    """How bridge interfaces are filtered; ``None`` where they aren't."""
    chosen = config.cvm.network_filter
    if chosen.mode == "none":
        return None
    return NetworkFilter(
        socket=config.netd.socket,
        instance_id=config.cvm.instance_id or instance_id_of(config.run_path),
        filter=chosen.filter,
        parameters=tuple(sorted(chosen.parameters.items())),
    )


def instance_id_of(run_path: Path) -> str:
    """What tells this server's TAP devices from another's, where the operator gave it no name."""
    return f"path-{hashlib.sha256(os.fsencode(run_path)).hexdigest()[:16]}"


def user_name(configured: str) -> str:
    """The user by name, who may be given as a number; a number that nobody has stays one."""
    if not configured.isdecimal():
        return configured
    try:
        return pwd.getpwuid(int(configured)).pw_name
    except (KeyError, OverflowError):
        return configured


def _swtpm() -> Path | None:
    found = shutil.which("swtpm")
    return Path(found).absolute() if found else None
