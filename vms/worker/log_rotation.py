"""Keeping what VMs write within ``[cvm.log]``, while they write it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import partial

from vms.conf import conf
from vms.database import in_database
from vms.hypervisor import log_rotation
from vms.hypervisor.base import Driver
from vms.hypervisor.durable import in_thread
from vms.hypervisor.records import LaunchRecord
from vms.hypervisor.rundir import RunDir
from vms.hypervisor.spec import LogLimits
from vms.selectors import work

SOON_S = 0.5
"""After something was cut: whoever writes so much may go on so."""
_log = logging.getLogger(__name__)


class LogRotation:
    """Looks at the sizes of all logs that may grow, and cuts one VM's at a time.

    A VM's first look completes what a killed server had begun, and cuts what grew since then.
    """

    def __init__(self, driver: Driver, node_id: int) -> None:
        self._driver = driver
        self._node_id = node_id
        self._known: set[str] = set()
        self._ran: set[str] = set()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Look again and again; ends by being cancelled."""
        while True:
            interval = float(conf().cvm.log.check_interval_secs)
            try:
                if await self.look():
                    interval = min(interval, SOON_S)
            except Exception:
                _log.exception("VMs' logs could not be looked at; again in %g s", interval)
            await asyncio.sleep(interval)

    async def look(self) -> bool:
        """Cut what is too large; whether anything was."""
        limits = LogLimits(conf().cvm.log.max_bytes, conf().cvm.log.max_backups)
        ids = set(await in_database(work.all_ids, self._node_id))
        running = set(await in_database(work.ids_not_off, self._node_id))
        new, self._known = ids - self._known, ids
        # Of a VM that has just ended the last is looked at, too.
        candidates, self._ran = (running | self._ran | new) & ids, running
        due = await asyncio.to_thread(self._due, candidates, new, limits)
        return any([await self._rotate(vm_id, limits) for vm_id in due])

    def _due(self, candidates: Collection[str], new: Collection[str], limits: LogLimits) -> list[str]:
        is_due = partial(log_rotation.is_due, limits=limits)
        return [vm_id for vm_id in sorted(candidates) if vm_id in new or is_due(self._run_dir(vm_id))]

    async def _rotate(self, vm_id: str, limits: LogLimits) -> bool:
        run_dir = self._run_dir(vm_id)
        record = await asyncio.to_thread(LaunchRecord.read, run_dir)
        if record is not None and not record.generation:
            return False  # another program started it, and may not append: a cut would make it write anywhere
        try:
            was_cut = await in_thread(log_rotation.rotate, run_dir, limits)
        except OSError as error:
            if vm_id not in self._failing:
                _log.warning("VM %s: its logs can't be rotated, and grow on: %s", vm_id, error)
            self._failing.add(vm_id)
            return False
        if vm_id in self._failing:
            _log.info("VM %s: its logs can be rotated again", vm_id)
            self._failing.discard(vm_id)
        return was_cut

    def _run_dir(self, vm_id: str) -> RunDir:
        return RunDir(self._driver.directory(vm_id))
