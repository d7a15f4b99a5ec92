"""``manage.py restore FILE``: what a backup has, put back where there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from vmm_site.data_lock import DataDirInUse, DataDirLock
from vms.backup.errors import BackupFailed
from vms.backup.make import Places
from vms.backup.put_back import PutBack, put_back
from vms.management.audited import Audited
from vms.management.bar import Bar
from vms.management.commands.backup import places


class Command(Audited):
    """No server may run over the data folder, and nothing may be in it."""

    help = (
        "Put the backup FILE back into an empty data folder; what ran runs again at the server's next start"
    )
    requires_system_checks: list[str] = []

    def audited(self, options: dict[str, Any]) -> str:
        return str(options["file"])

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what backup made")
        parser.add_argument(
            "--into", type=Path, metavar="DIR", help="another data folder than the configured one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        into: Path | None = options["into"]
        where = places() if into is None else _below(into.absolute())
        lock, bar = DataDirLock(where.data_dir), Bar(self.stdout)
        try:
            lock.take()
            done = put_back(options["file"], where, lambda read, size: bar.show("reading", read, size))
        except (BackupFailed, DataDirInUse, OSError) as error:
            bar.end()
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            bar.end()
            raise CommandError("cut off; nothing was put back") from None
        finally:
            lock.release()
        bar.end()
        self._tell(where, done)

    def _tell(self, where: Places, done: PutBack) -> None:
        about = done.about
        self.stdout.write(
            self.style.SUCCESS(f"{where.data_dir}: {len(about.vms)} VMs, as of version {about.version}")
        )
        mine = settings.VMM.effective_node_name
        if about.node != mine:
            self.stdout.write(
                f"These VMs are of node {about.node!r}, and this host is called {mine!r}: set "
                f'node_name = "{about.node}" in the settings file before the server starts'
            )
        if done.missing_images:
            self.stdout.write(f"Images to pull before their VMs start: {', '.join(done.missing_images)}")
        for vm_id in done.without_disk:
            self.stdout.write(f"without a disk, and begins with an empty one: {about.vms[vm_id]} ({vm_id})")


def _below(folder: Path) -> Places:
    return Places(folder, folder / "vm", folder / "image")
