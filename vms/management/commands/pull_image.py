"""``manage.py pull_image TAG``: an image of the configured registry, without the server."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vms.images.errors import PullError
from vms.images.oci.reference import local_name, parse_repository
from vms.images.pull import Progress, pull
from vms.images.registry import Registry
from vms.images.unpack import Limits
from vms.management.audited import Audited

BAR = 30
REDRAW_S = 0.2


class Command(Audited):
    """Pulls in this process; a running server finds the image at its next look, within seconds."""

    help = "Pull a guest image from the registry in [image] of the settings file"
    requires_system_checks: list[str] = []  # it needs no database

    def audited(self, options: dict[str, Any]) -> str:
        return str(options["tag"])

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tag", help="the registry's tag, as list_images --registry shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        image = settings.VMM.image
        if not image.registry.strip():
            raise CommandError("no registry is configured: set registry in [image] of the settings file")
        bar = _Bar(self)
        try:
            name = local_name(options["tag"])
            repository = parse_repository(image.registry)
            limits = Limits(image.max_size, image.max_files, image.keep_free)

            async def run() -> None:
                async with Registry(repository) as registry:
                    await pull(registry, options["tag"], name, image.path, limits, bar.show)

            asyncio.run(run())
        except (PullError, OSError) as error:
            bar.end()
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            bar.end()
            raise CommandError("cut off; the next pull of this tag goes on from here") from None
        bar.end()
        self.stdout.write(self.style.SUCCESS(str(image.path / name)))


class _Bar:
    """One line that is drawn again and again on a terminal, and some lines elsewhere."""

    def __init__(self, command: BaseCommand) -> None:
        self._out = command.stdout
        self._is_terminal = command.stdout.isatty()
        self._drawn_at = 0.0
        self._told = -1
        self._unpacking = False

    def show(self, now: Progress) -> None:
        """Draw, if it is time again."""
        due = time.monotonic() - self._drawn_at >= REDRAW_S
        if not due and now.unpacking == self._unpacking and now.bytes_done < now.bytes_total:
            return
        self._drawn_at, self._unpacking = time.monotonic(), now.unpacking
        part = now.bytes_done / now.bytes_total if now.bytes_total else 1.0
        size = f"{now.bytes_done / 2**20:.1f} of {now.bytes_total / 2**20:.1f} MiB"
        what = "unpacking " if now.unpacking else "fetching  "
        if self._is_terminal:
            filled = round(part * BAR)
            bar = "#" * filled + "." * (BAR - filled)
            self._out.write(f"\r{what} [{bar}] {part:4.0%} {size} ", ending="")
            self._out.flush()
        elif now.unpacking or int(part * 10) > self._told:
            self._told = int(part * 10)
            self._out.write(f"{what} {part:4.0%} {size}")

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._drawn_at:
            self._out.write("")
