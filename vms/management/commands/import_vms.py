"""``manage.py import_vms DIR``: take over the VMs of another dstack-vmm."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from vms.actions import adoption, reload
from vms.actions.nodes import has_worker
from vms.conf import conf
from vms.errors import VmmError
from vms.management.audited import Audited
from vms.models import Node
from vms.selectors import reload as answers
from vms.selectors.reload import Report
from vms.selectors.vms import exists
from vms.worker import moving
from vms.worker.moving import Candidate
from vms.worker.vm_folder import BrokenFolder, as_stopped

MAX_WAIT_S = 120.0


class Command(Audited):
    """Stopped VMs are copied into the run path; from the run path itself VMs are taken over as they are."""

    help = (
        "Take over the VMs of another dstack-vmm. DIR holds a directory for each VM. Where it is this "
        "server's run path, they are taken over as they are, running ones too; else stopped ones are "
        "copied, and the originals left untouched. The server must be running."
    )

    def audited(self, options: dict[str, Any]) -> str | None:
        return None if options["dry_run"] else str(options["dir"])

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", metavar="DIR", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["dir"].expanduser().resolve()
        if not source.is_dir():
            raise CommandError(f"{source} is no directory")
        node = _this_node()
        in_place = source == conf().run_path.resolve()
        candidates = [one for one in moving.look_at(source, conf().image.path) if not self._is_known(one)]
        refused = self._problems(candidates, node, in_place)
        welcome = [one for one in candidates if one.vm_id not in refused]
        if options["dry_run"]:
            for one in welcome:
                self.stdout.write(f"{one.vm_id}: would be taken over{_how(one, in_place)}")
        else:
            if not has_worker(node):
                raise CommandError("the server does not run; start it, then import: it does the taking over")
            refused |= self._import(welcome, in_place)
        for vm_id, problem in refused.items():
            self.stdout.write(self.style.ERROR(f"{vm_id}: refused: {problem}"))
        if refused:
            raise CommandError(f"{len(refused)} of {len(candidates)} VMs were refused")
        self.stdout.write(self.style.SUCCESS(f"{len(candidates)} VMs, none refused"))

    def _is_known(self, candidate: Candidate) -> bool:
        known = exists(candidate.vm_id)
        if known:
            moving.taken_over(candidate.run_dir, conf().run_path)  # the last import was cut off here
            self.stdout.write(f"{candidate.vm_id}: is known already")
        return known

    def _problems(self, candidates: list[Candidate], node: Node, in_place: bool) -> dict[str, str]:
        """Why some can't come in, by id."""
        problems: dict[str, str] = {}
        readable = []
        for one in candidates:
            if one.found is None:
                problems[one.vm_id] = one.problem
            elif one.process.runs and not in_place:
                pid = one.process.sighting.pid or "unknown"
                problems[one.vm_id] = (
                    f"it runs (pid {pid}), and what runs can't be moved: stop it, or give "
                    f"this server run_path = {str(one.run_dir.path.parent)!r}"
                )
            else:
                readable.append((one.found if in_place else as_stopped(one.found), one.process))
        return problems | adoption.rehearse(node.pk, readable)

    def _import(self, welcome: list[Candidate], in_place: bool) -> dict[str, str]:
        try:
            with moving.alone(conf().run_path):
                return self._take_over(welcome, in_place)
        except BrokenFolder as error:
            raise CommandError(str(error)) from error

    def _take_over(self, welcome: list[Candidate], in_place: bool) -> dict[str, str]:
        """Copy what must be, and have the server look at its run path; returns what was refused after all."""
        refused: dict[str, str] = {}
        copied: list[Candidate] = []
        for one in [] if in_place else welcome:
            try:
                moving.copy(one.run_dir, conf().run_path)
            except BrokenFolder as error:
                refused[one.vm_id] = str(error)
            else:
                copied.append(one)
        outcomes = {outcome.vm_id: outcome for outcome in _reload().outcomes}
        for one in welcome:
            if one.vm_id in refused:
                continue
            if exists(one.vm_id):
                moving.taken_over(one.run_dir, conf().run_path)
                self.stdout.write(f"{one.vm_id}: taken over{_how(one, in_place)}")
                continue
            outcome = outcomes.get(one.vm_id)
            refused[one.vm_id] = outcome.words if outcome else "the server did not see it"
        for one in copied:
            if one.vm_id in refused:
                shutil.rmtree(conf().run_path / one.vm_id)
        return refused


def _this_node() -> Node:
    node = Node.objects.filter(name=conf().effective_node_name).first()
    if node is None:
        raise CommandError("this server has never run here: start it once")
    return node


def _reload() -> Report:
    """Have the server do it, which alone looks at processes. Raises CommandError."""
    try:
        requested = reload.request()
    except VmmError as error:
        raise CommandError(error.message) from error
    deadline = time.monotonic() + MAX_WAIT_S
    while (report := answers.answer(requested.node_id, requested.generation)) is None:
        if time.monotonic() > deadline:
            raise CommandError(f"the server did not answer in {MAX_WAIT_S:g} s; see its log")
        time.sleep(0.2)
    if report.error:
        raise CommandError(report.error)
    return report


def _how(candidate: Candidate, in_place: bool) -> str:
    if not in_place:
        return " as a copy, stopped"
    return f" as it runs, pid {candidate.process.sighting.pid}" if candidate.process.runs else ""
