"""ReloadVms: the run path and the database are compared, and the database is brought up to it.

Directories that no row knows are taken over, changed manifests of VMs that are off too, and
rows whose directory is gone are forgotten. Nothing in the run path is written or deleted here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from vms import faults
from vms.actions import adoption, reload
from vms.actions.adoption import FoundProcess
from vms.conf import conf
from vms.database import in_database
from vms.errors import VmmError
from vms.hypervisor.base import Driver, Power
from vms.hypervisor.rundir import RunDir
from vms.selectors import reload as requests
from vms.selectors import work
from vms.selectors.reload import Outcome, Report
from vms.worker.execute import sighting
from vms.worker.vm_folder import BrokenFolder, read_folder, read_manifest_only

_log = logging.getLogger(__name__)


class Reloader:
    """Answers ReloadVms for one node. VMs that are being worked on (``is_busy``) are never forgotten."""

    def __init__(self, node_id: int, driver: Driver, is_busy: Callable[[str], bool]) -> None:
        self._node_id = node_id
        self._driver = driver
        self._is_busy = is_busy
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Somebody may have asked; on the event loop, returns at once."""
        self._wanted.set()

    async def run(self) -> None:
        """Answer requests; ends by being cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.answer()
            except Exception:
                _log.exception("ReloadVms could not be answered; it will be tried again")

    async def answer(self) -> None:
        """Do what is asked for, if anything is, and write down what came of it."""
        generation = await in_database(requests.pending, self._node_id)
        if generation is None:
            return
        try:
            report = await self.reload()
        except Exception as error:
            _log.exception("ReloadVms failed")
            report = Report(code=503, error=f"the run path could not be compared: {error}")
        faults.point("reload.compared")
        await in_database(reload.reported, self._node_id, generation, report)
        for outcome in report.outcomes:
            level = logging.WARNING if outcome.what == "refused" else logging.INFO
            _log.log(level, "VM %s: %s %s", outcome.vm_id, outcome.what, outcome.words)

    async def reload(self) -> Report:
        """Compare once."""
        # In this order: what was made or removed in between is known to the rows.
        folders = await self._driver.scan()
        known = set(await in_database(work.all_ids, self._node_id))
        settled = await in_database(requests.ids_at_rest, self._node_id)
        present = set(folders)
        vanished = [vm_id for vm_id in settled if not self._driver.directory(vm_id).exists()]
        if not folders and len(vanished) > 1:
            words = f"{conf().run_path} holds no VM at all, and {len(vanished)} are known: is it mounted?"
            return Report(code=409, error=f"nothing was changed: {words}")
        outcomes = [
            *await self._load([vm_id for vm_id in folders if vm_id not in known]),
            *[await self._update(vm_id) for vm_id in settled if vm_id in present],
            *[await self._forget(vm_id) for vm_id in vanished],
        ]
        return Report(tuple(outcome for outcome in outcomes if outcome is not None))

    async def _load(self, strangers: list[str]) -> list[Outcome | None]:
        seen = {vm_id: await self._driver.inspect(vm_id) for vm_id in strangers}
        # Those that run come first: they have their CIDs already, the others get what is left.
        order = sorted(strangers, key=lambda vm_id: (seen[vm_id].power is not Power.ON, vm_id))
        outcomes: list[Outcome | None] = []
        for vm_id in order:
            now = seen[vm_id]
            if now.power is Power.ABSENT:
                continue
            if now.power is Power.UNKNOWN:
                words = f"a process (pid {now.pid or 'unknown'}) lives there that can't be told for its own"
                outcomes.append(Outcome(vm_id, "refused", words))
                continue
            process = FoundProcess(sighting(now), now.is_foreign, now.cid)
            try:
                found = await asyncio.to_thread(read_folder, self._run_dir(vm_id), conf().image.path)
                await in_database(adoption.take_over, self._node_id, found, process)
            except (BrokenFolder, VmmError) as error:
                outcomes.append(Outcome(vm_id, "refused", str(error)))
            else:
                words = f"as it runs, pid {now.pid}" if process.runs else "it does not run"
                outcomes.append(Outcome(vm_id, "loaded", words))
        return outcomes

    async def _update(self, vm_id: str) -> Outcome | None:
        try:
            found = await asyncio.to_thread(read_manifest_only, self._run_dir(vm_id))
            changed = await in_database(adoption.take_over_changes, vm_id, found)
        except (BrokenFolder, VmmError) as error:
            return Outcome(vm_id, "refused", f"its changed manifest: {error}")
        return Outcome(vm_id, "updated") if changed else None

    async def _forget(self, vm_id: str) -> Outcome | None:
        if self._is_busy(vm_id) or not await in_database(adoption.forget, vm_id):
            return None
        return Outcome(vm_id, "removed", "its directory is gone")

    def _run_dir(self, vm_id: str) -> RunDir:
        return RunDir(self._driver.directory(vm_id))
