"""One node's worker: adopts what runs, then keeps every VM where it should be."""

from __future__ import annotations

import asyncio
import itertools
import logging

from django.db import DatabaseError

from vms import faults
from vms.actions import images, nodes, recovery, stalls
from vms.actions.images import ImageFields
from vms.actions.lease import LeaseLost
from vms.conf import conf
from vms.database import in_database, now_ms
from vms.figures.board import board
from vms.guest import agents
from vms.guest.agents import Agents
from vms.guest.sockets import Sockets
from vms.hypervisor.base import Driver
from vms.images import store
from vms.models import Node
from vms.selectors import work
from vms.worker import moving
from vms.worker.agents import Connector
from vms.worker.event_tail import EventTail
from vms.worker.execute import Tools
from vms.worker.gpus import GpuWatch
from vms.worker.guest_writes import GuestWrites
from vms.worker.host_api import serve_guests
from vms.worker.lanes import Lane, Lanes
from vms.worker.lease import Lease
from vms.worker.log_rotation import LogRotation
from vms.worker.prune import prune
from vms.worker.pulls import ImageWork
from vms.worker.reconcile import Reconciler
from vms.worker.reload import Reloader
from vms.worker.room import RoomWatch
from vms.worker.sample import Sampler
from vms.worker.start_queue import StartQueue

SCAN_INTERVAL_S = 3.0
SWEEP_EVERY = 4
"""Every so many scans all running VMs are looked at, whether or not anything was heard of them."""
ADOPT_AT_ONCE = 16
END_S = 8.0
_log = logging.getLogger(__name__)


class NodeWorker:
    """The only one who acts on this node's VMs.

    Needs a registered node and a driver; ``sockets`` are those to the guests, None without vsock.
    """

    def __init__(self, node: Node, driver: Driver, sockets: Sockets | None = None) -> None:
        self._node = node
        self._driver = driver
        self._sockets = sockets
        self._start_queue = StartQueue(conf().cvm.start_width, self._boot_is_over)
        self._guest_writes = GuestWrites()
        self._events = EventTail(driver, node.pk, self._guest_writes)
        self._agents = Agents(Connector(driver, sockets))
        self._reconciler = Reconciler(Tools(driver, self._start_queue, self._agents), self._events)
        self._lease = Lease(node.pk)
        self._room = RoomWatch()
        self._lanes = Lanes(self._work)
        self._images = ImageWork(node.pk, self.sync_images)
        self._reloader = Reloader(node.pk, driver, self._lanes.is_working_on)
        self._gpus = GpuWatch(node.pk)
        self._logs = LogRotation(driver, node.pk)
        self._sampler = Sampler(driver, node.pk, self._agents, board)
        self._early: set[str] | None = set()
        self._listening_since_ms = now_ms()
        driver.on_exit(self.wake)

    def wake(self, vm_id: str) -> None:
        """Have a VM looked at soon; from the event loop, at once, any number of times."""
        if self._early is None:
            self._lanes.wake(vm_id)
        else:  # nothing is done before everything has been looked at
            self._early.add(vm_id)

    def wake_images(self) -> None:
        """Have pulls and deletions of images looked at soon; from the event loop."""
        self._images.wake()

    def wake_reload(self) -> None:
        """Have the run path looked at soon, if somebody asked for it; from the event loop."""
        self._reloader.wake()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop. Guests run on."""
        await self.sync_images()
        await self._gpus.sync()
        await asyncio.to_thread(moving.clean_up, conf().run_path)
        faults.point("start.looked")
        await self.adopt()
        faults.point("start.adopted")
        agents.announce(self._node.pk, self._agents)
        tasks = {
            asyncio.create_task(self._scan(), name="scan"),
            asyncio.create_task(self._events.run(), name="events"),
            asyncio.create_task(self._logs.run(), name="logs"),
            asyncio.create_task(self._reloader.run(), name="reload"),
            asyncio.create_task(self._images.run(), name="images"),
            asyncio.create_task(self._sampler.run(), name="figures"),
            asyncio.create_task(prune(self._node.pk), name="old events"),
            asyncio.create_task(
                serve_guests(self._node.pk, self._sockets, self._guest_writes), name="host API"
            ),
            asyncio.create_task(stop.wait(), name="stop"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._retire()
            faults.point("end.retired")
            await self._lanes.close(END_S)
            faults.point("end.rested")
            await self._start_queue.close()
            self._gpus.close()
            agents.withdraw(self._node.pk)
            await self._agents.close()
            await self._driver.close()

    async def adopt(self) -> None:
        """Look at every VM before doing anything: what lives is taken over, what ended is noted."""
        ids = await in_database(work.all_ids, self._node.pk)
        for stranger in sorted(set(await self._driver.scan()) - set(ids)):
            _log.warning(
                "%s is no VM that this server knows; it is left alone until ReloadVms takes it over",
                self._driver.directory(stranger),
            )
        turns = asyncio.Semaphore(ADOPT_AT_ONCE)

        async def look(vm_id: str) -> None:
            async with turns:
                wanted = await in_database(work.wanted, vm_id)
                if wanted is None:
                    return
                try:
                    await self._reconciler.look(wanted)
                except Exception:
                    _log.exception("VM %s could not be looked at; it will be tried again", vm_id)

        await asyncio.gather(*(look(vm_id) for vm_id in ids))
        await in_database(recovery.after_look, self._node.pk, self._driver.boot_id)
        awake = await in_database(work.ids_not_off, self._node.pk)
        due = await in_database(work.ids_due, self._node.pk)
        # Who is woken finds the lease held, and who asks finds a worker.
        await self._lease.renew(self._room.now())
        early, self._early = self._early or set(), None
        for vm_id in dict.fromkeys((*due, *awake, *early)):
            self.wake(vm_id)

    async def sync_images(self) -> None:
        """Make the image rows say what the image folder holds."""
        found = await asyncio.to_thread(store.scan, conf().image.path)
        await in_database(images.sync, self._node.pk, [_fields(folder) for folder in found])

    async def _scan(self) -> None:
        """Again and again; what fails is tried again, for it may be the database that is away."""
        for turn in itertools.count():
            try:
                await self.scan(sweep=turn % SWEEP_EVERY == 0)
            except LeaseLost:
                raise
            except Exception:
                _log.exception("the scan failed; again in %g s", SCAN_INTERVAL_S)
            await asyncio.sleep(SCAN_INTERVAL_S)

    async def scan(self, *, sweep: bool) -> None:
        """Repair what a lost message missed; says also that this worker lives."""
        await self._lease.renew(self._room.now())
        self._reloader.wake()
        for vm_id in await in_database(work.ids_needing_attention, self._node.pk, now_ms()):
            self._lanes.nudge(vm_id)
        await in_database(recovery.forget_restarts, self._node.pk)
        await in_database(stalls.notice, self._node.pk, self._listening_since_ms)
        await in_database(recovery.bring_forward, self._node.pk)
        if sweep:
            for vm_id in await in_database(work.ids_not_off, self._node.pk):
                self._lanes.nudge(vm_id)
            await self._gpus.sync()
        await self.sync_images()

    async def _work(self, lane: Lane) -> float | None:
        """What is to be done for a VM, while this process may act for the node."""
        if not self._lease.is_held:
            return SCAN_INTERVAL_S
        return await self._reconciler.work(lane)

    async def _retire(self) -> None:
        """With a database that is away, the lease runs out by itself."""
        try:
            await in_database(nodes.retire, self._node.pk)
        except DatabaseError as error:
            _log.warning("the node could not be retired: %s", error)

    async def _boot_is_over(self, vm_id: str) -> bool:
        return await in_database(work.boot_is_over, vm_id)


def _fields(folder: store.FoundFolder) -> ImageFields:
    image = folder.image
    if image is None:
        return ImageFields(folder.name, "", "", False, "", 0, folder.problem, [])
    return ImageFields(
        image.name,
        image.version,
        image.description,
        image.is_dev,
        image.digest,
        image.size,
        problem="",
        supports=list(image.supports),
    )
