"""``manage.py backup FILE``: all VMs in one file, while they run."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from vms.backup.errors import BackupFailed
from vms.backup.make import Made, Places, Wish, make_backup
from vms.management.audited import Audited
from vms.management.bar import Bar
from vms.version import VERSION

INCOMPLETE = 3


class Command(Audited):
    """Works beside a running server and without one."""

    help = (
        "Write all VMs, their disks and the database to FILE (.tar.zst), while they run. "
        "Status 3: it was made, but lacks something that is named."
    )
    requires_system_checks: list[str] = []

    def audited(self, options: dict[str, Any]) -> str:
        return str(options["file"])

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the new file; for its owner's eyes only")
        parser.add_argument("--without-disks", action="store_true", help="leave out the VMs' data disks")
        parser.add_argument("--with-images", action="store_true", help="add the guest images")

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["file"].absolute()
        wish = Wish(
            node=settings.VMM.effective_node_name,
            version=VERSION,
            with_disks=not options["without_disks"],
            with_images=options["with_images"],
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # it leaves nothing half made, either
        bar = Bar(self.stdout)
        try:
            made = make_backup(target, places(), wish, bar.show)
        except BackupFailed as error:
            bar.end()
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            bar.end()
            raise CommandError("cut off; nothing was made") from None
        bar.end()
        self._tell(target, made)
        if made.left_out:
            raise SystemExit(INCOMPLETE)

    def _tell(self, target: Path, made: Made) -> None:
        self.stdout.write(
            self.style.SUCCESS(f"{target}: {len(made.about.vms)} VMs, {made.size / 2**20:.1f} MiB")
        )
        if not made.about.with_images and made.about.images:
            self.stdout.write(f"Images are not in it: {', '.join(made.about.images)}")
        for words in made.left_out:
            self.stderr.write(f"left out: {words}")


def places() -> Places:
    """Where the configuration says that things are."""
    return Places(settings.VMM.data_dir, settings.VMM.run_path, settings.VMM.image.path)
