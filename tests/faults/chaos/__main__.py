"""``script/chaos``: clients and misfortune at random, then the three truths are compared."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.faults.chaos.clients import Answers, Client
from tests.faults.chaos.fates import Fates
from tests.faults.chaos.plan import Plan, draw
from tests.faults.chaos.report import Report, log_errors
from tests.faults.invariants import Host
from tests.faults.scenarios_of_folders import push
from tests.faults.server import FaultServer
from tests.faults.story import Story
from tests.images.real_registry import real_registry

DISK = "96m"
LOOK_EVERY_S = 1.0


def main() -> int:
    asked = _arguments()
    plan = draw(asked.seed, asked.minutes, real=asked.real)
    if asked.plan:
        for step in plan.fates:
            sys.stdout.write(f"{step}\n")
        return 0
    report = run(plan, asked.seed, asked.minutes, real=asked.real)
    text = report.text()
    sys.stdout.write(text)
    if asked.report:
        asked.report.write_text(text)
    return 1 if report.wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="drawn where none is given")
    parser.add_argument("--real", action="store_true", help="real QEMU processes instead of fake ones")
    parser.add_argument("--report", type=Path, help="write the report there, too")
    parser.add_argument("--plan", action="store_true", help="only say what would befall the server")
    return parser.parse_args()


def run(plan: Plan, seed: int, minutes: float, *, real: bool) -> Report:
    """All of it, on a disk of its own."""
    os.environ["VMM_TEST_CHAOS"] = "1"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        disk = folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", disk], check=True)
        stack.callback(lambda: subprocess.run(["umount", "--lazy", disk], check=True))
        registry = stack.enter_context(real_registry(folder / "registry"))
        push(registry)
        # What the log says must not count as the disk's being full.
        settings = {"VMM_IMAGE__REGISTRY": registry.registry, "VMM_IMAGE__KEEP_FREE": "0"}
        server = FaultServer(disk / "data", fake=not real, settings=settings, log=folder / "server.log")
        stack.callback(server.clean_up)
        server.start()
        return _let_loose(server, plan, Report(seed, minutes, real))


def _let_loose(server: FaultServer, plan: Plan, report: Report) -> Report:
    answers, fates, stop = Answers(), Fates(server), threading.Event()
    began_s = time.monotonic()
    clients = [
        threading.Thread(target=Client(server, answers, began_s).run, args=(steps, stop))
        for steps in plan.clients
    ]
    watcher = threading.Thread(target=_watch, args=(server, report, stop))
    for thread in (*clients, watcher):
        thread.start()
    try:
        for step in plan.fates:
            time.sleep(max(0.0, began_s + step.at_s - time.monotonic()))
            fates.befall(step)
    finally:
        stop.set()
        for thread in (*clients, watcher):
            thread.join()
    report.answers, report.fates = answers, fates
    _settle(server, fates, report)
    report.log = log_errors(server.log)
    return report


def _watch(server: FaultServer, report: Report, stop: threading.Event) -> None:
    """At no time does a VM run twice."""
    host = Host(server.data, fake=server.fake)
    while not stop.wait(LOOK_EVERY_S):
        for vm_id, pids in host.processes().items():
            if len(pids) > 1:
                report.wrong.append(f"VM {vm_id} ran {len(pids)} times at once: {pids}")


def _settle(server: FaultServer, fates: Fates, report: Report) -> None:
    """Everything is lifted: whatever is going on comes to its end, and nothing is out of place."""
    fates.see_to_the_server()
    story = Story(server)
    begin = time.monotonic()
    try:
        for vm in server.post("Status", {"brief": True}).json()["vms"]:
            if vm["status"] == "stopping":  # a guest need not heed its power button
                server.done("StopVm", vm["id"])
        story.comes_to_rest()
        report.settled_s = time.monotonic() - begin
        report.vms = len(server.ids())
        story.ends()
    except Exception as error:  # whatever it is, it is what the report is for
        report.wrong.append(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
