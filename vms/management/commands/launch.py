"""``manage.py launch REQUEST``: one VM without the server, in the foreground or only rehearsed.

Works before the first start and beside a running server. A rehearsal (``--dry-run``) writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from argparse import ArgumentParser
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.management.base import BaseCommand
from django.core.management.color import no_style

from vmm_site.config import Config, examine_config

if TYPE_CHECKING:
    from vms.oneshot.plan import Plan
    from vms.oneshot.request import Request

REFUSED = 1
WRONG = 2
"""Exit codes: it would be refused, or did not end well; the request or the configuration is wrong."""


class Command(BaseCommand):
    help = (
        "Launch one VM without the server, in the foreground, or with --dry-run say what would be run. "
        "Status 0: it would be launched, or powered itself off; 1: refused, or ended otherwise; "
        "2: the request or the configuration is wrong."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("request", help="CreateVm's request as a JSON file; - is standard input")
        parser.add_argument("--dry-run", action="store_true", help="run and write nothing; say what would be")
        parser.add_argument("--json", action="store_true", help="with --dry-run: write JSON, for programs")
        parser.add_argument(
            "--workdir",
            type=Path,
            metavar="DIR",
            help="where the VM's directory is put, and stays; else a new folder",
        )
        parser.add_argument(
            "--config", type=Path, metavar="FILE", help="the operator's file; else the one in VMM_CONFIG"
        )
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="the server's data folder; else the one in VMM_DATA"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        if as_json and not options["dry_run"]:
            self._wrong(["--json is for --dry-run: a VM in the foreground writes what its console says"])
        config = self._configured(options, as_json=as_json)
        # Imported here: there are no models before the site is set up.
        from vms.oneshot import site

        site.set_up(config)
        from vms.oneshot.plan import make_plan

        try:
            request = self._asked(options["request"], config, as_json=as_json)
            plan = make_plan(request, rehearsal=options["dry_run"])
            status = self._told(plan, as_json=as_json) if options["dry_run"] else self._run(plan, options)
        except KeyboardInterrupt:  # before there was a VM, or after
            status = REFUSED
        if status:
            raise SystemExit(status)

    def _configured(self, options: dict[str, Any], *, as_json: bool) -> Config:
        data = {"VMM_DATA": str(options["data"].absolute())} if options["data"] else {}
        examined = examine_config(options["config"], os.environ | data)
        if examined.config is None:
            problems = [str(problem) for problem in examined.problems]
            self._wrong(["the configuration is wrong (see manage.py check_config):", *problems], as_json)
        return examined.config

    def _asked(self, name: str, config: Config, *, as_json: bool) -> Request:
        from vms.errors import VmmError
        from vms.oneshot import request

        try:
            return request.parse(request.read(name, config.max_body_size))
        except VmmError as error:
            self._wrong([error.message], as_json)

    def _told(self, plan: Plan, *, as_json: bool) -> int:
        from vms.oneshot import document, text

        if as_json:
            lines = json.dumps(document.as_json(plan), indent=2, ensure_ascii=False)
        else:
            style = no_style() if "NO_COLOR" in os.environ else self.style
            lines = "\n".join(text.report(plan, style.MIGRATE_HEADING))
        try:
            self.stdout.write(lines)
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever read it has read enough; nothing must be tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED if plan.refused else 0

    def _run(self, plan: Plan, options: dict[str, Any]) -> int:
        from vms.oneshot.launch import launch

        # Unbuffered: what could not be written must not be tried again at the end.
        out, ansi = FileIO(sys.stdout.fileno(), "w", closefd=False), sys.stdout.isatty()
        well = launch(plan, options["workdir"], out, self._say, ansi=ansi)
        return 0 if well else REFUSED

    def _say(self, line: str) -> None:
        """What is no word of the guest's. The terminal, or who reads it, may be gone already."""
        with contextlib.suppress(OSError):
            self.stderr.write(f"launch: {line}", self.style.NOTICE)
            self.stderr.flush()

    def _wrong(self, problems: list[str], as_json: bool = False) -> NoReturn:
        if as_json:
            self.stdout.write(json.dumps({"exit_code": WRONG, "problems": problems}, indent=2))
        else:
            self.stderr.write("\n".join(problems))
        raise SystemExit(WRONG)
