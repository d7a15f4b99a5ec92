"""``manage.py list_images``: what the image folder holds, or the registry offers."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vms.images.errors import BadReference, PullError
from vms.images.oci.reference import local_name, parse_repository
from vms.images.registry import Registry
from vms.images.store import scan

HIDDEN = "sha256-"


class Command(BaseCommand):
    """Reads the folder, or asks the registry; needs neither server nor database."""

    help = "List the guest images in the image folder, or the registry's tags"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--registry", action="store_true", help="the registry's tags instead")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = self._tags() if options["registry"] else self._images()
        for line in lines:
            self.stdout.write(line)

    def _images(self) -> list[str]:
        lines = []
        for found in scan(settings.VMM.image.path):
            image = found.image
            if image is None:
                lines.append(f"{found.name:40} can't be used: {found.problem}")
            else:
                kind = "  development" if image.is_dev else ""
                lines.append(f"{found.name:40} {image.version:12} {image.size / 2**20:8.1f} MiB{kind}")
        return lines or [f"no images in {settings.VMM.image.path}"]

    def _tags(self) -> list[str]:
        config = settings.VMM.image
        if not config.registry.strip():
            raise CommandError("no registry is configured: set registry in [image] of the settings file")

        async def ask() -> list[str]:
            async with Registry(parse_repository(config.registry)) as registry:
                return await registry.tags()

        try:
            tags = asyncio.run(ask())
        except PullError as error:
            raise CommandError(str(error)) from error
        here = {found.name for found in scan(config.path)}
        return [
            f"{tag:40} {'here' if _name(tag) in here else ''}".rstrip()
            for tag in tags
            if not tag.startswith(HIDDEN)
        ]


def _name(tag: str) -> str:
    try:
        return local_name(tag)
    except BadReference:
        return ""
