"""``manage.py doctor``: what this host can run, what it can't, and how to mend it.

Works before the first start and beside a running server, as any user; writes nothing but a
probe file into folders that are there, which it removes.
"""

from __future__ import annotations

import json
import os
import shutil
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style

from vmm_site.config import Config, Examined, examine_config
from vmm_site.data_lock import is_taken
from vms.preflight import catalogue
from vms.preflight.check import run
from vms.preflight.finding import Finding, Level
from vms.preflight.host import Host
from vms.preflight.verdict import Verdict, verdict

NARROW = 80
WIDE = 100
LONGEST_REASON = 120
"""Characters in the verdict; the whole text stands above it."""
WRONG_CONFIGURATION = 2


class Command(BaseCommand):
    help = (
        "Say what this host can run, what it can't and how to mend it. "
        "Status 0: no problem, 1: problems, 2: no VM can run here."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, help="the operator's file; else the one in VMM_CONFIG")
        parser.add_argument("--json", action="store_true", help="write JSON, for programs")
        parser.add_argument(
            "--only", nargs="+", metavar="ID", help="only these checks: qemu.version, or all of qemu"
        )
        parser.add_argument("--quiet", action="store_true", help="leave out what is well")

    def handle(self, *args: Any, **options: Any) -> None:
        examined = examine_config(options["config"], os.environ)
        if examined.config is None:
            self._refuse(examined, as_json=options["json"])
        try:
            checks = catalogue.chosen(options["only"]) if options["only"] else catalogue.CHECKS
        except ValueError as error:
            raise CommandError(f"--only {error}") from None
        findings = run(checks, this_host(examined.config))
        result = verdict(findings, complete=not options["only"])
        if options["json"]:
            self.stdout.write(json.dumps(as_json(findings, result), indent=2, ensure_ascii=False))
        else:
            if "NO_COLOR" in os.environ:
                self.style = no_style()
            shown = [one for one in findings if not options["quiet"] or one.level is not Level.OK]
            self.stdout.write("\n".join([*self._report(shown), *self._verdict(result)]))
        if result.exit_code:
            raise SystemExit(result.exit_code)

    def _refuse(self, examined: Examined, *, as_json: bool) -> NoReturn:
        """A wrong configuration is check_config's to explain; nothing can be looked at for it."""
        problems = [str(problem) for problem in examined.problems]
        if as_json:
            self.stdout.write(json.dumps({"exit_code": WRONG_CONFIGURATION, "problems": problems}, indent=2))
        else:
            self.stdout.write(
                "\n".join(["The configuration is wrong (see manage.py check_config):", *problems])
            )
        raise SystemExit(WRONG_CONFIGURATION)

    def _report(self, findings: Sequence[Finding]) -> Iterator[str]:
        width = max((len(one.id) for one in findings), default=0)
        for group, members in groupby(findings, key=lambda one: one.group):
            yield self.style.MIGRATE_HEADING(group)
            for one in members:
                yield from self._lines(one, width)
            yield ""

    def _lines(self, one: Finding, width: int) -> Iterator[str]:
        margin = width + 13
        first, *rest = self._wrapped(one.found, margin)
        yield f"  {self._word(one)} {one.id:<{width}}  {first}"
        yield from rest
        if one.remedy:
            first, *rest = self._wrapped(one.remedy, margin + 2)
            yield f"{' ' * margin}> {first}"
            yield from rest

    def _word(self, one: Finding) -> str:
        not_looked_at = one.skipped and one.level is Level.OK
        word = "-" if not_looked_at else str(one.level)
        style = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: self.style.NOTICE,
            Level.WARNING: self.style.WARNING,
            Level.PROBLEM: self.style.ERROR,
        }[one.level]
        padded = f"{word:<8}"
        return padded if not_looked_at else str(style(padded))

    def _verdict(self, result: Verdict) -> Iterator[str]:
        yield self.style.MIGRATE_HEADING("Verdict")
        can = ", ".join(_named(result)) if result.is_usable else "no VM yet"
        if can:
            yield from self._item("This host can run", can)
        for ability, (first, *others) in result.cannot.items():
            where = ", ".join([first.id, *(other.id for other in others)])
            why = textwrap.shorten(first.found, LONGEST_REASON, placeholder=" …")
            yield from self._item(f"not {ability}", f"{why} ({where})")
        counts = f"{_several(result.problems, 'problem')}, {_several(result.warnings, 'warning')}."
        yield f"  {self.style.ERROR(counts) if result.problems else self.style.SUCCESS(counts)}"

    def _item(self, name: str, text: str) -> Iterator[str]:
        first, *rest = self._wrapped(text, 29)
        yield f"  {name:<26} {first}"
        yield from rest

    def _wrapped(self, text: str, margin: int) -> list[str]:
        """Lines that fit beside that margin; the first one is without it."""
        room = self._width() - margin
        lines = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]
        return [lines[0], *(f"{' ' * margin}{line}" for line in lines[1:])]

    def _width(self) -> int:
        if not self.stdout.isatty():
            return WIDE
        return min(max(shutil.get_terminal_size().columns, NARROW), WIDE)


def this_host(config: Config) -> Host:
    """The machine that this runs on."""
    return Host(config, server_runs=is_taken(config.data_dir))


def as_json(findings: Sequence[Finding], result: Verdict) -> dict[str, Any]:
    """The document that ``--json`` writes; docs/operations.md describes it."""
    return {
        "exit_code": result.exit_code,
        "can": [str(ability) for ability in result.can],
        "cannot": {str(ability): [one.id for one in found] for ability, found in result.cannot.items()},
        "accelerator": result.accelerator,
        "findings": [finding.as_json() for finding in findings],
    }


def _named(result: Verdict) -> Iterator[str]:
    for ability in result.can:
        yield (
            f"{ability} ({result.accelerator})"
            if ability == "plain VMs" and result.accelerator
            else str(ability)
        )


def _several(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
