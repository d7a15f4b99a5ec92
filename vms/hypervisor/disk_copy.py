"""A copy of a running VM's data disk as it is at one moment, made by its QEMU while the guest goes on.

QEMU's own backup job does it: what the guest overwrites meanwhile is copied first. So the copy is
what the disk would be after a power cut at the moment at which the job began. It is asked for over the
second monitor, which nobody else speaks to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import NotAnswering
from .qmp import QmpSession
from .rundir import RunDir

JOB = "dstack-backup"
DEVICE = "hd1"
"""The data disk's name in ``argv/disks``."""
COPY = "hda.backup"
ANSWER_S = 10.0
STALLED_S = 120.0
"""A job that gets nowhere for so long is given up."""
LOOK_S = 0.2
_ENDED = "concluded"


async def copy_disk(run_dir: RunDir, vm_id: str, tell: Callable[[int, int], None]) -> Path:
    """Make the copy beside the disk, in qcow2; who asks deletes it. ``tell`` gets bytes (done, of all).

    What an earlier call that was killed left is ended and deleted.

    Raises:
        NotAnswering: QEMU can't be asked, refuses, or gets nowhere; nothing is left then.
    """
    copy = run_dir.path / COPY
    async with await QmpSession.open(run_dir.event_socket, ANSWER_S) as session:
        if await session.guest_name(ANSWER_S) != vm_id:
            raise NotAnswering(f"{run_dir.event_socket} is served by another QEMU")
        await _end_job(session)
        copy.unlink(missing_ok=True)
        try:
            await session.execute(
                "drive-backup",
                ANSWER_S,
                {
                    **{"job-id": JOB, "device": DEVICE, "sync": "full", "auto-dismiss": False},
                    **{"target": COPY, "format": "qcow2", "mode": "absolute-paths"},
                },
            )
            await _follow(session, tell)
        except BaseException:
            await _give_up(session, copy)
            raise
    return copy


async def _follow(session: QmpSession, tell: Callable[[int, int], None]) -> None:
    loop = asyncio.get_running_loop()
    seen, moved_at = -1, loop.time()
    while True:
        job = await _job(session)
        if job is None:
            raise NotAnswering("QEMU forgot the copy of its disk")
        if job["status"] == _ENDED:
            await session.execute("job-dismiss", ANSWER_S, {"id": JOB})
            if "error" in job:
                raise NotAnswering(f"QEMU could not copy its disk: {job['error']}")
            return
        done = int(job.get("current-progress", 0))
        tell(done, int(job.get("total-progress", 0)))
        if done != seen:
            seen, moved_at = done, loop.time()
        elif loop.time() - moved_at > STALLED_S:
            raise NotAnswering(f"QEMU's copy of its disk got nowhere for {STALLED_S:g} s")
        await asyncio.sleep(LOOK_S)


async def _give_up(session: QmpSession, copy: Path) -> None:
    try:
        await _end_job(session)
    except NotAnswering:
        pass  # QEMU is gone, and the job with it
    copy.unlink(missing_ok=True)


async def _end_job(session: QmpSession) -> None:
    """End the job if there is one. Raises NotAnswering."""
    async with asyncio.timeout(ANSWER_S):
        job = await _job(session)
        if job is not None and job["status"] != _ENDED:
            await session.execute("job-cancel", ANSWER_S, {"id": JOB})
        while job is not None:
            if job["status"] == _ENDED:
                await session.execute("job-dismiss", ANSWER_S, {"id": JOB})
                return
            await asyncio.sleep(LOOK_S)
            job = await _job(session)


async def _job(session: QmpSession) -> dict[str, Any] | None:
    jobs = await session.execute("query-jobs", ANSWER_S)
    found = jobs if isinstance(jobs, list) else []
    return next((job for job in found if job.get("id") == JOB), None)
