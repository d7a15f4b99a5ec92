"""The node's work on its images: pulls, at most two at once, and deletions.

Level-triggered like everything of the worker: the rows say what is to be done, so a pull
that a restart cut off is simply still to be done, and goes on with what was fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from vms import faults
from vms.actions import images, pulls
from vms.choices import PullState
from vms.conf import conf
from vms.database import in_database
from vms.errors import VmmError
from vms.images import pull as pulling
from vms.images import remove
from vms.images.errors import Busy, PullError
from vms.images.pull import Progress
from vms.images.registry import Registry
from vms.images.unpack import Limits
from vms.selectors import image_work
from vms.selectors.pulls import PullWork, names_of_failed, open_pulls

AT_ONCE = 2
LOOK_EVERY_S = 3.0
WRITE_EVERY_S = 0.5
"""How often it is written down how far the pulls are."""
_log = logging.getLogger(__name__)


@dataclass
class _Running:
    """A pull that is being done."""

    task: asyncio.Task[None]
    progress: Progress | None = None
    written: Progress | None = None


class ImageWork:
    """Does what the rows of this node's images and pulls ask for."""

    def __init__(self, node_id: int, sync_images: Callable[[], Awaitable[None]]) -> None:
        """``sync_images`` makes the image rows follow the folder."""
        self._node_id = node_id
        self._sync_images = sync_images
        self._woken = asyncio.Event()
        self._running: dict[int, _Running] = {}

    def wake(self) -> None:
        """Have the rows looked at soon; on the event loop."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; pulls are then cut off, to go on at the next start."""
        try:
            await self._clean_up()
            while True:
                self._woken.clear()
                try:
                    await self._look()
                except Exception:
                    _log.exception("images could not be worked on; again in %g s", LOOK_EVERY_S)
                # Not wait_for, which in Python 3.11 loses a cancellation that comes with the wake.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WRITE_EVERY_S if self._running else LOOK_EVERY_S):
                        await self._woken.wait()
        finally:
            tasks = [running.task for running in self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        for image_id, name in await in_database(image_work.to_delete, self._node_id):
            await self._delete(image_id, name)
        await self._write_progress()
        for work in await in_database(open_pulls, self._node_id):
            running = self._running.get(work.pull_id)
            if work.state == PullState.CANCELLING and running is not None:
                running.task.cancel()
            elif work.state == PullState.CANCELLING:
                await self._cancelled(work)
            elif running is None and len(self._running) < AT_ONCE:
                self._begin(work)

    def _begin(self, work: PullWork) -> None:
        task = asyncio.create_task(self._pull(work), name=f"pull {work.name}")
        self._running[work.pull_id] = _Running(task)

        def over(_: asyncio.Task[None]) -> None:
            del self._running[work.pull_id]
            self.wake()

        task.add_done_callback(over)

    async def _pull(self, work: PullWork) -> None:
        """One pull to its end. An error is written down; being cancelled is not its end."""

        def progress(now: Progress) -> None:
            self._running[work.pull_id].progress = now

        try:
            image = conf().image
            if (image.path / work.name).exists():
                # It was cut off after its last step, before it could tidy up.
                with contextlib.suppress(Busy):
                    await asyncio.to_thread(pulling.discard, image.path, work.name)
            else:
                limits = Limits(image.max_size, image.max_files, image.keep_free)
                async with Registry(pulls.repository()) as registry:
                    await pulling.pull(registry, work.tag, work.name, image.path, limits, progress)
            faults.point("pull.whole")
            await self._sync_images()
            faults.point("pull.known")
            await in_database(pulls.done, work.pull_id)
            faults.point("pull.done")
            _log.info("image %s was pulled", work.name)
        except (PullError, VmmError) as error:
            _log.warning("image %s could not be pulled: %s", work.name, error)
            await in_database(pulls.failed, work.pull_id, str(error))
        except Exception as error:
            _log.exception("image %s could not be pulled", work.name)
            await in_database(pulls.failed, work.pull_id, f"an error of the server: {error!r}")

    async def _cancelled(self, work: PullWork) -> None:
        try:
            await asyncio.to_thread(pulling.discard, conf().image.path, work.name)
        except (Busy, OSError) as error:  # the next start looks again
            _log.warning("what was fetched of image %s is left: %s", work.name, error)
        faults.point("pull.discarded")
        await in_database(pulls.cancelled, work.pull_id)

    async def _write_progress(self) -> None:
        for pull_id, running in list(self._running.items()):
            now = running.progress
            if now is not None and now != running.written:
                state = PullState.UNPACKING if now.unpacking else PullState.DOWNLOADING
                await in_database(pulls.progress, pull_id, state, now.bytes_done, now.bytes_total)
                running.written = now

    async def _delete(self, image_id: int, name: str) -> None:
        try:
            await asyncio.to_thread(remove.remove, conf().image.path, name)
        except (OSError, ValueError) as error:
            _log.warning("image %s could not be deleted: %s", name, error)
            await in_database(images.not_deleted, image_id, str(error))
        else:
            faults.point("image.deleted")
            await in_database(images.deleted, image_id)

    async def _clean_up(self) -> None:
        """Remove what cut-off deletions left, and what belongs to no pull that could go on."""
        wanted = {work.name for work in await in_database(open_pulls, self._node_id)}
        wanted |= await in_database(names_of_failed, self._node_id)
        path = conf().image.path
        todo: list[Callable[[], None]] = [partial(remove.clean_up, path)]
        left = await asyncio.to_thread(pulling.left_over, path)
        todo += [partial(pulling.discard, path, name) for name in left if name not in wanted]
        for clean in todo:
            try:
                await asyncio.to_thread(clean)
            except Busy:
                continue  # a command pulls it just now
            except OSError:
                _log.warning("the image folder could not be cleaned up", exc_info=True)
