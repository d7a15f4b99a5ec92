"""``manage.py pull_image TAG``: an image of the configured registry, without the server."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from vms.images.errors import PullError
from vms.images.oci.reference import local_name, parse_repository
from vms.images.pull import Progress, pull
from vms.images.registry import Registry
from vms.images.unpack import Limits
from vms.management.audited import Audited
from vms.management.bar import Bar


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
        bar = Bar(self.stdout)
        try:
            name = local_name(options["tag"])
            repository = parse_repository(image.registry)
            limits = Limits(image.max_size, image.max_files, image.keep_free)

            def show(now: Progress) -> None:
                bar.show("unpacking" if now.unpacking else "fetching", now.bytes_done, now.bytes_total)

            async def run() -> None:
                async with Registry(repository) as registry:
                    await pull(registry, options["tag"], name, image.path, limits, show)

            asyncio.run(run())
        except (PullError, OSError) as error:
            bar.end()
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            bar.end()
            raise CommandError("cut off; the next pull of this tag goes on from here") from None
        bar.end()
        self.stdout.write(self.style.SUCCESS(str(image.path / name)))
