#!/usr/bin/env python3
"""Django's command line, with two options that every command understands.

``--data DIR`` and ``--config FILE`` say which server is meant (its data folder, its
operator's file). They may stand anywhere, and stand for ``VMM_DATA`` and
``VMM_CONFIG``, which the settings read: so ``manage.py createsuperuser --data DIR``
works on the same data as ``manage.py serve --data DIR``. After a lone ``--`` nothing
is taken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from importlib import import_module
from pathlib import Path

GLOBAL_OPTIONS = {"--data": "VMM_DATA", "--config": "VMM_CONFIG"}
WITHOUT_SETTINGS = ("check_config", "doctor", "launch")


def take_global_options(argv: list[str], environ: MutableMapping[str, str]) -> list[str]:
    """``argv`` without the global options, which are put into ``environ`` as absolute paths.

    Raises:
        SystemExit: an option has no value.
    """
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        option, equals, value = word.partition("=")
        if option not in GLOBAL_OPTIONS:
            rest.append(word)
            continue
        if not equals:
            value = next(words, "")
        if not value or value.startswith("--"):
            raise SystemExit(f"manage.py: {option} needs a value: {option} PATH")
        # The folder that this is relative to may not be where the server works later.
        environ[GLOBAL_OPTIONS[option]] = str(Path(value).expanduser().absolute())
    return rest


def run_without_settings(argv: list[str]) -> None:
    """Run that command without the site's settings, which make folders and stop at a wrong configuration."""
    from django.conf import settings

    settings.configure()

    command = import_module(f"vms.management.commands.{argv[1]}")
    command.Command().run_from_argv(argv)


def main() -> None:
    # An editor's or a cron job's working folder is nobody's business: the code is here.
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmm_site.settings")
    argv = take_global_options(sys.argv, os.environ)

    if argv[1:2] and argv[1] in WITHOUT_SETTINGS:
        run_without_settings(argv)
        return

    from django.core.management import execute_from_command_line

    from vmm_site.config import ConfigError

    try:
        execute_from_command_line(argv)
    except ConfigError as error:
        raise SystemExit(f"dstack-vmm: the configuration is wrong\n{error}") from None


if __name__ == "__main__":
    main()
