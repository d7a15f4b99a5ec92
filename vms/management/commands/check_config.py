"""``manage.py check_config``: is the configuration right, what does it come to, what can this host do?

Starts nothing and writes nothing. The status tells of the configuration alone (0 right, 1
wrong): what the host lacks for it is said, but a file may be checked elsewhere than it is used.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from vmm_site.config import Config, Examined, examine_config
from vmm_site.config.report import as_json, as_toml, missing_files, settings
from vms.hypervisor.accelerator import HostUnfit
from vms.worker.host import look_around


class Command(BaseCommand):
    help = (
        "Check the configuration and show every value with its origin. "
        "Status 0 where it is right, 1 where it is wrong."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, help="the operator's file; else the one in VMM_CONFIG")
        parser.add_argument("--json", action="store_true", help="write JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine_config(options["config"], os.environ)
        host = this_host(found.config) if found.config else None
        if options["json"]:
            self.stdout.write(json.dumps({**as_json(found), "host": host}, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report(found, host)))
        if found.problems:
            raise SystemExit(1)


def this_host(config: Config) -> dict[str, Any]:
    """What ``serve`` would find here: ``fit`` is false where it would not start."""
    missing = list(missing_files(config))
    try:
        host = look_around(config)
    except HostUnfit as error:
        return {"fit": False, "missing": [str(error), *missing]}
    return {
        "fit": True,
        "qemu": str(host.settings.qemu_path),
        "accelerator": str(host.settings.accelerator),
        "platform": str(host.platform),
        "notes": list(host.notes),
        "missing": missing,
    }


def report(found: Examined, host: dict[str, Any] | None) -> Iterator[str]:
    """The same for a person, line by line."""
    yield f"File: {found.file or 'none (--config FILE reads one)'}"
    if found.config:
        yield from ("", "Settings")
        for setting in settings(found.config, found.origins):
            origin = "file" if setting.origin == str(found.file) else setting.origin
            yield f"  {setting.key:<42} {as_toml(setting.value):<34} {origin}"
    if found.notes:
        yield from ("", "Notes", *(f"  {note}" for note in found.notes))
    if host:
        yield from ("", "This host")
        if host["fit"]:
            yield f"  platform {host['platform']}, accelerator {host['accelerator']}, {host['qemu']}"
            yield from (f"  {note}" for note in host["notes"])
        yield from (f"  MISSING: {what}" for what in host["missing"])
        if not host["fit"]:
            yield "  The server would not start here."
    yield ""
    if found.problems:
        yield "Problems"
        yield from (f"  {problem}" for problem in found.problems)
        yield f"The configuration is WRONG: {len(found.problems)} problem(s)."
    else:
        yield "The configuration is right."
