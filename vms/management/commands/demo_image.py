"""``manage.py demo_image``: makes the demo image, so that there is something to boot."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vms.images.demo import DemoImageError, build_demo_image


class Command(BaseCommand):
    """Builds the demo image into the configured images directory; returns at once when it is there."""

    help = "Build the demo guest image from Debian packages (no root needed)"
    requires_system_checks: list[str] = []  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="build even if the image is there")

    def handle(self, *args: Any, **options: Any) -> None:
        vmm = settings.VMM
        try:
            image = build_demo_image(
                vmm.image.path,
                cache_dir=vmm.data_dir / "cache",
                progress=self.stdout.write,
                force=options["force"],
            )
        except (DemoImageError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(str(image)))
