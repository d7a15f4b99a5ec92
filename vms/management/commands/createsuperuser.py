"""``manage.py createsuperuser``: Django's own, which works before the first start, too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.core.management import call_command

from vms.management.audited import Audited


class Command(Audited, createsuperuser.Command):
    help = "Make an admin, who may do everything. Prepares the database where that was not done yet."

    def audited(self, options: dict[str, Any]) -> str:
        return options.get(User.USERNAME_FIELD) or ""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Django's own asks the database before it does anything else."""
        call_command("migrate", interactive=False, verbosity=0)
        return super().execute(*args, **options)
