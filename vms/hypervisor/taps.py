"""The filtered TAP devices of VMs: made before QEMU starts, and surely taken away after it is gone.

Which interfaces of a VM may have one is noted in its directory before the first is asked for, and
forgotten after the last is gone; so whatever is interrupted, the next look finds it and goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging

from vms import faults

from . import netd
from .durable import fsync_directory, in_thread, read_regular_file, replace_file
from .errors import LaunchRefused, NotAnswering
from .netd import Interface, Wiring
from .network import LAST_FILTERED_INTERFACE, mac_address
from .privileges import uid_and_gid
from .rundir import RunDir
from .spec import GuestSpec, HostSettings, NetworkFilter, NetworkMode

FIRST_RETRY_S = 2.0
LAST_RETRY_S = 60.0
"""Pauses between two tries to take devices away double from the first to the last."""

NOTE_LIMIT = 4096
MAX_NOTED = 32
"""More interfaces than a guest has slots: a note that QEMU's user made up must not keep netd busy."""

_log = logging.getLogger(__name__)


class Taps:
    """The TAP devices of one driver's VMs. Belongs to one event loop."""

    def __init__(self, host: HostSettings) -> None:
        self._host = host
        self._removals: dict[RunDir, asyncio.Task[None]] = {}

    async def prepare(self, run_dir: RunDir, spec: GuestSpec) -> None:
        """Have the devices made that the VM's bridges need; those of an earlier run are replaced.

        Raises:
            LaunchRefused: netd refuses, or is not there; its words are in the message.
        """
        await self._stop_removing(run_dir)
        chosen = self._host.network_filter
        if chosen is None:
            return
        wanted, noted = _filtered(spec), _noted(run_dir)
        if not wanted and not noted:
            return
        uid, _ = uid_and_gid(self._host.user)
        await in_thread(_note, run_dir, sorted({*noted, *wanted}))
        faults.point("taps.noted")
        try:
            for index in set(noted) - set(wanted):
                await netd.remove(chosen.socket, Interface(chosen.instance_id, spec.vm_id, index))
            for index in wanted:
                faults.point("taps.asked")
                wiring = self._wiring(spec, index, chosen, uid)
                await netd.prepare(chosen.socket, Interface(chosen.instance_id, spec.vm_id, index), wiring)
        except NotAnswering as error:
            raise LaunchRefused(f"a filtered network can't be made: {error}") from error
        await in_thread(_note, run_dir, wanted)

    def _wiring(self, spec: GuestSpec, index: int, chosen: NetworkFilter, uid: int) -> Wiring:
        return Wiring(
            bridge=spec.networks[index].bridge_name,
            mac=mac_address(spec.vm_id, index, self._host.mac_prefix),
            qemu_uid=uid,
            filter=chosen.filter,
            parameters=dict(chosen.parameters),
        )

    async def remove(self, run_dir: RunDir) -> None:
        """Have the VM's devices taken away; nothing where it has none. Raises NotAnswering."""
        await self._stop_removing(run_dir)
        await self._remove(run_dir)

    def remove_soon(self, run_dir: RunDir) -> None:
        """The same, begun now and tried again until it is done."""
        if self._host.network_filter and run_dir not in self._removals and _noted(run_dir):
            task = asyncio.create_task(self._keep_removing(run_dir), name=f"taps of {run_dir.path.name}")
            self._removals[run_dir] = task
            task.add_done_callback(lambda _: self._removals.pop(run_dir, None))

    async def close(self) -> None:
        """Stop trying; the next server goes on."""
        for run_dir in list(self._removals):
            await self._stop_removing(run_dir)

    async def _keep_removing(self, run_dir: RunDir) -> None:
        pause = FIRST_RETRY_S
        while True:
            try:
                return await self._remove(run_dir)
            except (NotAnswering, OSError) as error:
                _log.warning("VM %s: %s; trying again in %g s", run_dir.path.name, error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY_S)

    async def _stop_removing(self, run_dir: RunDir) -> None:
        task = self._removals.pop(run_dir, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _remove(self, run_dir: RunDir) -> None:
        chosen = self._host.network_filter
        indices = _noted(run_dir)
        if chosen is None or not indices:
            return
        for index in indices:
            # The directory's name says whose they are: a note that QEMU's user can write never does.
            await netd.remove(chosen.socket, Interface(chosen.instance_id, run_dir.path.name, index))
            faults.point("taps.removed")
        await in_thread(_note, run_dir, [])


def _filtered(spec: GuestSpec) -> list[int]:
    return [index for index, network in enumerate(spec.networks) if network.mode is NetworkMode.BRIDGE]


def _noted(run_dir: RunDir) -> list[int]:
    """The interfaces that may have a device; whatever else the note holds is left out."""
    try:
        note = json.loads(read_regular_file(run_dir.taps_file, NOTE_LIMIT) or b"[]")
    except (ValueError, RecursionError):
        note = []
    found = {index for index in note if type(index) is int} if isinstance(note, list) else set()
    return sorted(index for index in found if 0 <= index <= LAST_FILTERED_INTERFACE)[:MAX_NOTED]


def _note(run_dir: RunDir, indices: list[int]) -> None:
    if indices:
        replace_file(run_dir.taps_file, json.dumps(indices).encode())
    else:
        run_dir.taps_file.unlink(missing_ok=True)
        fsync_directory(run_dir.path)
