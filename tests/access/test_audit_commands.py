"""Commands on the host that change something are in the audit log, with who ran them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.access.people import person
from vms.access.trail import Trail, begin
from vms.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "olga")
    monkeypatch.delenv("SUDO_USER", raising=False)


def told() -> list[tuple[Any, ...]]:
    begin(Trail())
    return list(AuditEntry.objects.order_by("id").values_list("who", "action", "result", "detail"))


def test_one_that_fails_says_why() -> None:
    with pytest.raises(CommandError):
        call_command("pull_image", "0.5.3")
    [(who, action, result, detail)] = told()
    assert (who, action, result) == ("system", "command.pull_image", 500)
    assert detail.startswith("no registry is configured")
    assert detail.endswith("; 0.5.3 (by olga)")


def test_behind_sudo_the_real_one_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    with pytest.raises(CommandError):
        call_command("import_vms", str(tmp_path))
    [(_, action, _, detail)] = told()
    assert action == "command.import_vms"
    assert detail.endswith(f"{tmp_path} (by ada as olga)")


def test_a_rehearsal_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("import_vms", str(tmp_path), "--dry-run")
    assert told() == []


def test_admins_and_passwords_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    password = "a pass phrase of some length"
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command("createsuperuser", "--noinput", username="root", email="", stdout=io.StringIO())
    person("ada")
    monkeypatch.setattr("getpass.getpass", lambda prompt: password)
    call_command("changepassword", "ada", stdout=io.StringIO())
    assert told() == [
        ("system", "command.createsuperuser", 200, "root (by olga)"),
        ("system", "command.changepassword", 200, "of ada (by olga)"),
    ]


def test_without_a_database_none_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(missing))
    with pytest.raises(CommandError, match="no registry"):
        call_command("pull_image", "0.5.3")
    assert not missing.exists()
