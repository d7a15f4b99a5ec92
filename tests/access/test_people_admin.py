"""The admin's pages about users and tokens: for admins, and done as the API does it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import person, token_of
from tests.rows import make_vm
from vms.choices import Role
from vms.models import Account, ApiToken, AuditEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("login_on")]
USERS, TOKENS = "/admin/auth/user/", "/admin/vms/apitoken/"


@pytest.fixture
def root() -> Client:
    """An admin's browser."""
    client = Client()
    client.force_login(person("root", Role.ADMIN))
    return client


def act(client: Client, path: str, verb: str, *rows: Any) -> str:
    """Choose rows in the list, run an action; the page that follows."""
    form = {"action": verb, "_selected_action": [row.pk for row in rows]}
    return client.post(path, form, follow=True).content.decode()


def test_the_lists_tell_who_may_what(root: Client) -> None:
    ada = person("ada", Role.MEMBER)
    Account.objects.filter(user=ada).update(max_vcpu=8)
    make_vm(owner=ada)
    token_of(ada, scopes=["LOOK"], last_used_from="192.0.2.7")
    page = root.get(USERS).content.decode()
    assert "max_vcpu 8" in page
    assert '<td class="field-owns">1</td>' in page
    tokens = root.get(TOKENS).content.decode()
    assert "192.0.2.7" in tokens
    for path in (USERS, TOKENS):
        assert root.get(f"{path}?q=ada").status_code == 200


def test_nothing_there_helps_to_get_in(root: Client) -> None:
    ada = person("ada")
    secret = token_of(ada)
    token = ApiToken.objects.get()
    pages = [
        root.get(path) for path in (USERS, TOKENS, f"{USERS}{ada.pk}/change/", f"{TOKENS}{token.pk}/change/")
    ]
    assert [page.status_code for page in pages] == [200] * 4
    text = "".join(page.content.decode() for page in pages)
    assert secret not in text
    assert token.digest not in text
    assert ada.password not in text
    assert "argon2" not in text


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER, Role.OPERATOR])
def test_they_are_for_admins_only(role: Role) -> None:
    client = Client()
    client.force_login(person("someone", role))
    target, token = person("target"), token_of(None, Role.ADMIN)
    for path in (USERS, TOKENS):
        assert client.get(path).status_code == 403
    act(client, USERS, "keep_out", target)
    act(client, TOKENS, "revoke", ApiToken.objects.get())
    assert User.objects.get(username="target").is_active
    assert Client(headers={"x-admin-token": token}).get("/prpc/Version").status_code == 200


def test_a_user_is_kept_out_and_let_in_again(root: Client) -> None:
    ada = person("ada")
    headers = {"x-admin-token": token_of(ada)}
    assert "User ada: done" in act(root, USERS, "keep_out", ada)
    assert Client(headers=headers).get("/prpc/Version").status_code == 401
    assert "User ada: done" in act(root, USERS, "let_in", ada)
    assert Client(headers=headers).get("/prpc/Version").status_code == 200
    written = AuditEntry.objects.filter(action="admin.SaveUser")
    assert [(entry.who, entry.detail, entry.result) for entry in written] == [("root", "ada", 200)] * 2


def test_the_last_admin_is_not_kept_out(root: Client) -> None:
    page = act(root, USERS, "keep_out", User.objects.get(username="root"))
    assert "no admin would be left" in page
    assert User.objects.get(username="root").is_active


def test_a_token_is_revoked(root: Client) -> None:
    secret = token_of(None, Role.ADMIN)
    act(root, TOKENS, "revoke", ApiToken.objects.get())
    answer = Client(headers={"x-admin-token": secret}).get("/prpc/Version")
    assert answer.status_code == 401
    assert "revoked" in json.loads(answer.content)["message"]


def test_the_list_of_users_costs_as_many_queries_however_many_there_are(
    root: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        person(f"user-{number}")
    with django_assert_max_num_queries(9):
        assert root.get(USERS).status_code == 200
