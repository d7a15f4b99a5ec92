"""The audit log in Django's admin: for admins, to read and to take along; and what is done there is in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.access.people import PASSWORD, person
from tests.rows import make_node, make_vm
from vms.access import audit
from vms.choices import Role
from vms.database import now_ms
from vms.models import AuditEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("login_on")]
LIST = "/admin/vms/auditentry/"


def browser(role: Role) -> Client:
    client = Client()
    client.force_login(person(f"the-{role}", role))
    return client


def write(**changed: Any) -> AuditEntry:
    values = {"at_ms": now_ms(), "who": "ada", "action": "prpc.StopVm", "result": 200}
    entry = AuditEntry(**values | changed)
    entry.save()
    return entry


@pytest.fixture
def some() -> list[AuditEntry]:
    return [
        write(who="old-one", at_ms=now_ms() - 40 * 86_400_000),
        write(who="ada", vm_id="v1", vm_name="<i>shop</i>"),
        write(who="eve", result=403, action="logs"),
        write(who="bob", result=409),
    ]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    "query, shown",
    [
        ("", {"old-one", "ada", "eve", "bob"}),
        ("?when=month", {"ada", "eve", "bob"}),
        ("?how=refused", {"eve"}),
        ("?how=failed", {"bob"}),
        ("?how=done", {"ada", "old-one"}),
        ("?action=logs", {"eve"}),
        ("?q=shop", {"ada"}),
        ("?when=never&how=no", {"old-one", "ada", "eve", "bob"}),
    ],
)
def test_it_is_filtered_and_searched(query: str, shown: set[str]) -> None:
    page = browser(Role.ADMIN).get(LIST + query).content.decode()
    assert {who for who in ("old-one", "ada", "eve", "bob") if f">{who}<" in page} == shown
    assert "<i>shop" not in page


def test_nobody_can_write_in_it(some: list[AuditEntry]) -> None:
    admin = browser(Role.ADMIN)
    path = f"{LIST}{some[0].pk}/"
    assert admin.get(f"{path}change/").status_code == 200
    assert admin.post(f"{path}change/", {"who": "eve"}).status_code == 403
    assert admin.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{LIST}add/").status_code == 403
    admin.post(LIST, {"action": "delete_selected", "_selected_action": [some[0].pk], "post": "yes"})
    assert AuditEntry.objects.get(pk=some[0].pk).who == "old-one"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_is_for_admins(role: Role, some: list[AuditEntry]) -> None:
    client = browser(role)
    assert client.get("/admin/").status_code == 200
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{some[0].pk}/change/").status_code == 403


def test_selected_entries_are_taken_along(some: list[AuditEntry]) -> None:
    form = {"action": "jsonl", "_selected_action": [some[1].pk, some[2].pk]}
    answer: Any = browser(Role.ADMIN).post(LIST, form)
    text = b"".join(answer.streaming_content).decode()
    assert ("ada" in text, "eve" in text, "bob" in text) == (True, True, False)


def test_what_is_done_in_the_admin_is_told_vm_by_vm() -> None:
    node = make_node()
    node.heartbeat_at_ms = now_ms()
    node.save()
    runs, off = make_vm(name="runs", actual="on"), make_vm(name="off", actual="off", desired="absent")
    form = {"action": "stop", "_selected_action": [runs.pk, off.pk]}
    browser(Role.OPERATOR).post("/admin/vms/vm/", form, follow=True)
    audit.flush()
    entries = AuditEntry.objects.order_by("id").values_list("who", "role", "action", "vm_name", "result")
    assert list(entries) == [
        ("the-operator", "operator", "admin.stop", "runs", 202),
        ("the-operator", "operator", "admin.stop", "off", 409),
    ]


def test_a_password_that_is_changed_there_is_told_of() -> None:
    client = browser(Role.ADMIN)
    new = "another pass phrase"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", form | {"old_password": "wrong"}).status_code == 200
    assert client.post("/admin/password_change/", form).status_code == 302
    entries = AuditEntry.objects.values_list("who", "action", "result", "detail")
    assert list(entries) == [("the-admin", "admin.ChangePassword", 200, "")]
