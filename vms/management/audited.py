"""Commands that change something: who ran them on this host, and how they ended, is in the audit log."""

from __future__ import annotations

import getpass
import logging
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from vms.access import audit
from vms.access.trail import Trail, begin

FAILED = 500
_log = logging.getLogger(__name__)


class Audited(BaseCommand):
    """First among a command's bases. The entry is ``system``'s, and names the host's user."""

    def audited(self, options: dict[str, Any]) -> str | None:
        """What is asked for, without secrets; None where nothing is to be changed."""
        raise NotImplementedError

    def execute(self, *args: Any, **options: Any) -> Any:
        asked = self.audited(options)
        if asked is None:
            return super().execute(*args, **options)
        name = type(self).__module__.rpartition(".")[2]
        begin(Trail(action=f"command.{name}", detail=f"{asked} (by {_user()})".strip()))
        try:
            output = super().execute(*args, **options)
        except CommandError as error:
            _tell(FAILED, str(error))
            raise
        _tell(audit.OK, "")
        return output


def _tell(result: int, why: str) -> None:
    """Some commands work before there is a database: then nobody can be told, and nothing is made for it."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return
    try:
        audit.record(result, why)
    except DatabaseError as error:
        _log.warning("the audit log does not have this: %s", error)


def _user() -> str:
    """Who runs this; behind sudo, who really does."""
    behind = os.environ.get("SUDO_USER", "")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{behind} as {user}" if behind and behind != user else user
