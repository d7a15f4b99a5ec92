"""A planned launch, carried out in the foreground: where it lies, and what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from vms.conf import conf
from vms.hypervisor.errors import LaunchRefused, NotAnswering
from vms.oneshot.foreground import Foreground
from vms.oneshot.plan import Plan
from vms.oneshot.workdir import left_running, own_folder


def launch(plan: Plan, workdir: Path | None, out: FileIO, say: Callable[[str], None], *, ansi: bool) -> bool:
    """Run that VM until it ends; its console goes to ``out``, all else to ``say``, line by line.

    Its directory stays in ``workdir``; without one it is deleted if all went well.

    Returns:
        whether its guest switched itself off.
    """
    for note in (*plan.notes, *left_running(conf().run_path)):
        say(f"note: {note}")
    refused = [*plan.refused]
    if plan.belongs_to_server:
        refused.append(
            f"id: {plan.chosen.vm_id} is a VM of this host's server, which starts it; leave id out"
        )
    try:
        if refused or plan.spec is None or plan.host is None:
            raise LaunchRefused("\n".join(refused))
        folder = workdir.absolute() if workdir else own_folder(conf().run_path)
        return asyncio.run(_run(plan, folder, out, say, ansi=ansi, keep=workdir is not None))
    except LaunchRefused as error:
        for line in str(error).splitlines():
            say(f"refused: {line}")
    except (OSError, NotAnswering) as error:
        say(f"failed: {error}")
    return False


async def _run(
    plan: Plan, folder: Path, out: FileIO, say: Callable[[str], None], *, ansi: bool, keep: bool
) -> bool:
    assert plan.spec is not None
    assert plan.host is not None
    vm = Foreground(plan.spec, plan.image, plan.host, folder, say)
    well = False
    try:
        well = await vm.run(out, ansi=ansi)
    finally:
        directory = folder / plan.chosen.vm_id
        if directory.exists() and (keep or not well):
            say(f"its directory stays: {directory}")
        elif not keep:
            await vm.remove()
            folder.rmdir()
    return well
