"""Doing one decided step: act on the hypervisor, then write down what came of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from vms import faults, telemetry
from vms.actions import gpus, identity, observe
from vms.actions.gpus import Leased
from vms.actions.observe import Ending, SeenTpm, Sighting
from vms.choices import Actual, Desired
from vms.database import in_database
from vms.errors import VmmError
from vms.guest.agents import Agents
from vms.hypervisor.base import Driver, Observation, Power
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.hypervisor.rundir import RunDir
from vms.models import Vm
from vms.selectors import guests, work
from vms.selectors.work import Wanted
from vms.worker import power_off
from vms.worker.lanes import Lane
from vms.worker.spec import Launch, build_launch
from vms.worker.start_queue import StartQueue
from vms.worker.surroundings import look_up
from vms.worker.vm_folder import BrokenFolder, instance_info

_log = logging.getLogger(__name__)
BOOTING = "booting"
QUEUED = "waiting for other VMs to boot"
SILENT = "N/A"
"""Guests of images without ``shared_ro`` are older than the events that tell of a boot."""
_ACTUAL = {
    Power.ABSENT: Actual.OFF,
    Power.OFF: Actual.OFF,
    Power.ON: Actual.ON,
    Power.UNKNOWN: Actual.UNKNOWN,
}


class Tools(NamedTuple):
    """What the steps act with."""

    driver: Driver
    start_queue: StartQueue
    agents: Agents


class Made(NamedTuple):
    """A launch, and the revision of the row that it was made from."""

    launch: Launch
    revision: int


def sighting(seen: Observation) -> Sighting:
    """An observation of the hypervisor in the database's words."""
    ending = None
    if seen.exit is not None:
        ending = Ending(seen.exit.reason, seen.exit.at_ms, seen.exit.code, seen.exit.detail)
    tpm = None
    if seen.tpm is not None:
        tpm = SeenTpm(seen.tpm.pid, seen.tpm.started_at_ms, seen.tpm.is_alive, seen.tpm.detail)
    return Sighting(_ACTUAL[seen.power], seen.pid, seen.started_at_ms, ending, tpm)


async def prepare(tools: Tools, wanted: Wanted) -> Wanted | None:
    """Write the directory of a VM that doesn't run; returns what is wanted as of then, if it is known."""
    try:
        made = await in_database(make, wanted.vm_id, tools.driver.directory(wanted.vm_id), leasing=False)
        if made is None:
            return None  # somebody changed it since it was read: look again
        faults.point("prepare.made")
        await tools.driver.prepare(made.launch.spec)
        faults.point("prepare.done")
    except LaunchRefused as error:
        message = f"the VM's directory can't be written: {error}"
        await in_database(observe.settled, wanted.vm_id, wanted.generation, 409, message)
        raise
    vm = await in_database(observe.prepared, wanted.vm_id, wanted.generation, made.revision)
    return None if vm is None else Wanted.of(vm)


async def launch(tools: Tools, wanted: Wanted, lane: Lane) -> None:
    """Wait for a turn, start QEMU, and say how it went; nothing once somebody wants otherwise."""
    vm_id, generation = wanted.vm_id, wanted.generation

    async def is_wanted() -> bool:
        return _is_to_launch(await in_database(work.wanted, vm_id), generation)

    progress = QUEUED if tools.start_queue.is_full else BOOTING
    vm = await in_database(observe.launching, vm_id, generation, progress)
    if not _is_to_launch(vm, generation) or not await tools.start_queue.enter(lane, is_wanted):
        return
    launched = False
    faults.point("launch.entered")
    try:
        try:
            made = await in_database(make, vm_id, tools.driver.directory(vm_id), leasing=True)
            if made is None:
                return  # somebody changed it since it was read: look again
            spec = made.launch.spec
            progress = BOOTING if spec.image.shared_ro else SILENT
            vm = await in_database(observe.launching, vm_id, generation, progress, made.revision)
            if vm is None or not _is_to_launch(vm, generation):
                return
            faults.point("launch.made")
            with telemetry.LAUNCH_SECONDS.time():
                seen = await tools.driver.launch(spec)
            faults.point("launch.done")
        except LaunchRefused as error:
            _log.info("VM %s could not be launched: %s", vm_id, error)
            telemetry.LAUNCHES.labels("refused").inc()
            faults.point("launch.refused")
            await in_database(observe.refused, vm_id, generation, str(error))
            return
        launched = True
        telemetry.LAUNCHES.labels("running").inc()
        await in_database(observe.launched, vm_id, generation, sighting(seen), vm.revision)
    finally:
        if launched:
            tools.start_queue.booting(vm_id)
        else:
            tools.start_queue.leave()


def make(vm_id: str, directory: Path, *, leasing: bool) -> Made | None:
    """The next launch, its instance committed, its GPUs leased if ``leasing``.

    Returns:
        None where the row changed since it was read: it is to be made of the new one then.

    Raises:
        LaunchRefused: it can't be launched, or a GPU can't be had.
    """
    vm = work.vm_with_node(vm_id)
    if vm is None:
        return None
    fixed = vm.instance_id_seed, vm.instance_id
    around = look_up(vm, work.ports_of(vm), _leased(vm_id) if leasing else Leased())
    if not (around.image.shared_ro or vm.instance_id or vm.instance_id_seed):
        vm.instance_id, vm.instance_id_seed = _written_by_guest(RunDir(directory))
    launch = build_launch(vm, around)
    if fixed == (launch.instance_id_seed, launch.instance_id):
        # Whether the row is still the same is asked by who writes down what came of it.
        return Made(launch, vm.revision)
    revision = identity.fix(vm_id, vm.revision, launch.instance_id_seed, launch.instance_id)
    return None if revision is None else Made(launch, revision)


def _leased(vm_id: str) -> Leased:
    try:
        return gpus.lease(vm_id)
    except VmmError as error:
        raise LaunchRefused(error.message) from error


def _written_by_guest(run_dir: RunDir) -> tuple[str, str]:
    """Instance id and seed (hex) that a guest noted in its share, where it may write, instead of telling."""
    try:
        return instance_info(run_dir.shared / ".instance_info")
    except BrokenFolder as error:
        _log.warning("VM %s: %s; it begins as a new instance", run_dir.path.name, error)
        return "", ""


def _is_to_launch(vm: Vm | Wanted | None, generation: int) -> bool:
    """Whether that launch is still what somebody wants."""
    return vm is not None and vm.desired == Desired.RUNNING and vm.generation == generation


async def ask_to_power_off(tools: Tools, wanted: Wanted) -> None:
    """The guest's agent, else the ACPI power button."""
    guest = await in_database(guests.guest_address, wanted.vm_id)
    if guest is None:
        return
    try:
        how = await power_off.ask_to_power_off(tools.driver, tools.agents, guest)
        faults.point("ask.accepted")
    except NotAnswering as error:
        message = f"{error}; StopVm ends it"
        await in_database(observe.shutdown_failed, wanted.vm_id, wanted.generation, 502, message)
        return
    await in_database(observe.shutdown_accepted, wanted.vm_id, wanted.generation, how)


async def stop(tools: Tools, wanted: Wanted) -> None:
    """End QEMU; the next look sees it gone and settles."""
    faults.point("stop.decided")
    await tools.driver.stop(wanted.vm_id)
    faults.point("stop.done")


async def delete(tools: Tools, wanted: Wanted) -> None:
    """Delete the directory, then the row: a crash between leaves a row that is deleted again."""
    faults.point("remove.decided")
    await tools.driver.remove(wanted.vm_id)
    faults.point("remove.done")
    await in_database(observe.gone, wanted.vm_id)


async def settle(wanted: Wanted) -> None:
    """What was asked for is so."""
    await in_database(observe.settled, wanted.vm_id, wanted.generation)


async def write_state(tools: Tools, wanted: Wanted) -> None:
    """Say in the VM's directory whether it should run, for whoever manages it after us."""
    try:
        await tools.driver.write_state(wanted.vm_id, wanted.desired == Desired.RUNNING)
    except OSError as error:
        _log.warning("VM %s: vm-state.json can't be written: %s", wanted.vm_id, error)


async def say_unreachable(wanted: Wanted) -> None:
    """Answer a request that can't be carried out while QEMU does not answer."""
    message = "QEMU's process lives but does not answer; wait, or end it with StopVm"
    # A shutdown is then forgotten: it must not come true long after it was said to have failed.
    refuse = observe.shutdown_failed if wanted.desired == Desired.STOPPED else observe.settled
    await in_database(refuse, wanted.vm_id, wanted.generation, 409, message)
