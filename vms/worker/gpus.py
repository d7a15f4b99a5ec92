"""Looking at the host's GPUs again and again, so that their rows follow."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import NamedTuple

from vms.actions import gpu_rows
from vms.actions.gpu_rows import GpuFields
from vms.choices import GpuKind, GpuOffer
from vms.conf import conf
from vms.database import in_database
from vms.hypervisor import pci
from vms.hypervisor.pci import PciDevice
from vms.hypervisor.pci_names import descriptions
from vms.selectors import gpus

SYSFS = Path("/sys")
LOOK_S = 5.0
"""How long a look may keep the worker waiting. A device that hangs can hold one up for ever."""
_log = logging.getLogger(__name__)


class GpuWatch:
    """Brings one node's rows to what sysfs shows. One look at a time, however long it takes."""

    def __init__(self, node_id: int) -> None:
        self._node_id = node_id
        self._look: asyncio.Task[bool] | None = None

    async def sync(self) -> None:
        """Look, and write down what is news; a look that takes too long is waited for by the next call."""
        late = self._look is not None
        self._look = self._look or asyncio.create_task(self._look_and_write(), name="GPUs")
        done, _ = await asyncio.wait({self._look}, timeout=LOOK_S)
        if not done:
            if not late:
                _log.warning("a look at the GPUs takes more than %g s; their rows stay as they are", LOOK_S)
            return
        look, self._look = self._look, None
        try:
            look.result()
        except OSError as error:
            _log.warning("the PCI devices can't be listed: %s; rows of GPUs stay as they are", error)

    def close(self) -> None:
        """Wait for no look any more."""
        if self._look is not None:
            self._look.cancel()

    async def _look_and_write(self) -> bool:
        held = await in_database(gpus.held_slots, self._node_id)
        found = await asyncio.to_thread(look_around, SYSFS)
        return await in_database(gpu_rows.sync, self._node_id, found.devices, found.numa_cpus, held)


class Found(NamedTuple):
    """What one look shows: rows to be, and the CPUs of each NUMA node."""

    devices: list[GpuFields]
    numa_cpus: dict[int, str]


def look_around(sysfs: Path) -> Found:
    """What is under this ``/sys``, with what the operator says of it. Blocking.

    Raises:
        OSError: the PCI devices can't be listed.
    """
    devices = pci.discover(sysfs, conf().cvm.gpu.listing)
    names = descriptions(device.product_id for device in devices)
    return Found([_fields(device, names) for device in devices], pci.numa_cpus(sysfs))


def _fields(device: PciDevice, names: dict[str, str]) -> GpuFields:
    return GpuFields(
        slot=device.slot,
        product_id=device.product_id,
        description=names.get(device.product_id, device.product_id),
        kind=GpuKind.BRIDGE if device.is_nvswitch else GpuKind.GPU,
        pci_class=device.pci_class,
        numa_node=device.numa_node,
        iommu_group=device.iommu_group,
        driver=device.driver,
        is_busy=device.is_busy,
        offer=_offer(device),
        problem=device.problem,
    )


def _offer(device: PciDevice) -> GpuOffer:
    """``listing``, then ``exclude``, then ``include`` where it names any; NVSwitches go with their GPUs."""
    gpu = conf().cvm.gpu
    if not gpu.enabled:
        return GpuOffer.SWITCHED_OFF
    if device.slot in map(pci.slot_of, gpu.exclude):
        return GpuOffer.EXCLUDED
    if device.is_nvswitch:
        return GpuOffer.OFFERED
    if gpu.include and device.slot not in map(pci.slot_of, gpu.include):
        return GpuOffer.NOT_INCLUDED
    return GpuOffer.OFFERED if device.product_id in gpu.listing else GpuOffer.UNLISTED
