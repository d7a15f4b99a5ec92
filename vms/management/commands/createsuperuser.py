"""``manage.py createsuperuser``: Django's own, which works before the first start, too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management import call_command


class Command(createsuperuser.Command):
    help = "Make an admin, who may do everything. Prepares the database where that was not done yet."

    def execute(self, *args: Any, **options: Any) -> Any:
        """Django's own asks the database before it does anything else."""
        call_command("migrate", interactive=False, verbosity=0)
        return super().execute(*args, **options)
