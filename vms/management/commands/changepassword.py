"""``manage.py changepassword``: Django's own, with an entry in the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import changepassword

from vms.management.audited import Audited


class Command(Audited, changepassword.Command):
    def audited(self, options: dict[str, Any]) -> str:
        return f"of {options.get('username') or 'the user of that name'}"
