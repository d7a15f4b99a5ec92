"""Logins, right and wrong, logouts and the set-up are in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.access.people import PASSWORD, person
from vms.access import audit
from vms.access.set_up import set_up_link
from vms.choices import Role
from vms.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on")]


def told(*names: str) -> list[tuple[Any, ...]]:
    audit.flush(everything=True)
    return list(AuditEntry.objects.order_by("id").values_list(*names))


def log_in(client: Client, name: str, password: str = PASSWORD) -> int:
    return client.post("/login/", {"name": name, "password": password}).status_code


def test_a_login_and_a_logout_are_told() -> None:
    person("ada", Role.OPERATOR)
    client = Client()
    assert log_in(client, "ada") == 302
    assert client.post("/logout/").status_code == 302
    assert client.post("/logout/").status_code == 302
    assert told("who", "role", "action", "result") == [
        ("ada", "operator", "login", 200),
        ("ada", "operator", "logout", 200),
    ]


def test_wrong_logins_are_counted_and_only_a_name_that_somebody_has_is_told() -> None:
    person("ada")
    for _ in range(2):
        assert log_in(Client(), "ada", "wrong") == 401
    [first] = told("who", "action", "result", "count", "detail")
    assert first[:4] == ("nobody", "login", 401, 2)
    assert first[4].endswith("; as ada")

    audit.waiting.forget_all()
    assert log_in(Client(), "my pass phrase", "wrong") == 401
    assert "my pass phrase" not in str(told("who", "detail"))


def test_a_lock_is_told() -> None:
    person("ada")
    assert [log_in(Client(), "ada", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert ("nobody", "login", 429) in told("who", "action", "result")


def test_the_first_admin_is_told() -> None:
    path = f"/set-up/{set_up_link.make()}/"
    fields = {"name": "ada", "password": PASSWORD, "again": PASSWORD}
    assert Client().post(path, fields).status_code == 302
    assert told("who", "action", "result", "detail") == [
        ("nobody", "set-up", 200, "made the first admin ada"),
        ("ada", "login", 200, ""),
    ]
    assert path.split("/")[2] not in str(told("action", "detail"))
