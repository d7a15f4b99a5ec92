"""``/access/``: users and tokens by the API."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD, person, token_of, with_login
from vms.access.policy import Permission
from vms.choices import Role
from vms.database import now_ms
from vms.models import Account, ApiToken
from vms.settling import settled

# Passwords are hashed on a thread of its own, with a connection of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("login_on")]
NEW = "a quite long password"


def by_token(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def by_password(name: str, password: str = PASSWORD) -> Client:
    value = b64encode(f"{name}:{password}".encode()).decode()
    return Client(headers={"authorization": f"Basic {value}"})


def call(client: Client, method: str, **request: Any) -> Any:
    response = client.post(f"/access/{method}", request, content_type="application/json")
    return async_to_sync(settled)(response)


def gets_in(client: Client) -> bool:
    return bool(client.get("/prpc/Version").status_code == 200)


@pytest.fixture
def admin() -> Client:
    return by_token(token_of(person("root", Role.ADMIN)))


def test_everybody_can_ask_who_they_are(settings: Any) -> None:
    who = call(by_password("ada"), "WhoAmI")
    assert who.status_code == 401
    ada = person("ada")
    assert call(by_password("ada"), "WhoAmI").json() == {
        "name": "ada",
        "role": "member",
        "credential": "password",
        "has_account": True,
        "permissions": ["LOOK", "SEE_VM", "STEER_VM", "CREATE_VM", "CHANGE_VM"],
        "authentication": True,
        "user_id": ada.pk,
        "everywhere": ["LOOK", "CREATE_VM"],
    }
    limited = call(by_token(token_of(None, Role.ADMIN, scopes=["LOOK", "SEE_NODE"])), "WhoAmI").json()
    assert (limited["permissions"], limited["has_account"]) == (["LOOK", "SEE_NODE"], False)
    settings.VMM = with_login(enabled=False)
    assert call(Client(), "WhoAmI").json()["authentication"] is False


def test_a_token_is_shown_once_and_works_until_it_is_revoked() -> None:
    person("ada")
    ada = by_password("ada")
    made = call(ada, "CreateToken", name="deploy", scopes=["SEE_VM", "LOOK"], expires_at_ms=now_ms() + 60_000)
    assert made.status_code == 200, made.content
    secret, token_id = made.json()["token"], made.json()["id"]
    assert call(by_token(secret), "WhoAmI").json()["permissions"] == ["LOOK", "SEE_VM"]

    listed = call(ada, "ListTokens")
    assert secret not in listed.content.decode()
    (row,) = listed.json()["tokens"]
    assert (row["name"], row["user"], row["scopes"]) == ("deploy", "ada", ["LOOK", "SEE_VM"])
    assert secret.startswith(row["prefix"])

    assert call(ada, "RevokeToken", id=token_id).status_code == 204
    assert not gets_in(by_token(secret))
    assert call(ada, "RevokeToken", id=token_id).status_code == 204


def test_others_tokens_are_not_there() -> None:
    person("ada")
    token_of(person("eve"))
    other = ApiToken.objects.get()
    assert call(by_password("ada"), "ListTokens").json() == {"tokens": []}
    assert call(by_password("ada"), "RevokeToken", id=other.pk).status_code == 404
    assert call(by_password("ada"), "RevokeToken", id=2**64 - 1).status_code == 404
    other.refresh_from_db()
    assert other.revoked_at_ms is None


def test_an_admin_makes_tokens_for_others_and_for_services(admin: Client) -> None:
    person("ada", Role.VIEWER)
    hers = call(admin, "CreateToken", name="a", user="ada").json()["token"]
    assert call(by_token(hers), "WhoAmI").json()["role"] == "viewer"
    service = call(admin, "CreateToken", name="prometheus", role="viewer").json()["token"]
    assert call(by_token(service), "WhoAmI").json()["name"] == "prometheus"
    names = {token["name"] for token in call(admin, "ListTokens").json()["tokens"]}
    assert names == {"test", "a", "prometheus"}


@pytest.mark.parametrize(
    "request_, status, words",
    [
        ({}, 400, "name: must have 1 to 100 characters"),
        ({"name": "x" * 101}, 400, "name: must have"),
        ({"name": "a\nb"}, 400, "one line"),
        ({"name": "a", "scopes": ["ROOT"]}, 400, "there is no 'ROOT'; there are LOOK, "),
        ({"name": "a", "expires_at_ms": 1}, 400, "a time to come"),
        ({"name": "a", "expires_at_ms": 2**64 - 1}, 400, "a time to come"),
        ({"name": "a", "role": "god"}, 400, "must be one of member, viewer"),
        ({"name": "a", "role": "viewer", "user": "root"}, 400, "services only"),
        ({"name": "a", "user": "nobody"}, 404, "no user 'nobody'"),
    ],
)
def test_what_can_t_be_is_refused_by_name(
    admin: Client, request_: dict[str, Any], status: int, words: str
) -> None:
    answer = call(admin, "CreateToken", **request_)
    assert answer.status_code == status
    assert words in answer.json()["message"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER, Role.OPERATOR])
def test_nobody_but_an_admin_manages_others(role: Role) -> None:
    person("ada", role)
    person("eve")
    ada = by_password("ada")
    for method, request in [
        ("CreateToken", {"name": "a", "user": "eve"}),
        ("CreateToken", {"name": "a", "role": "admin"}),
        ("ListUsers", {}),
        ("SaveUser", {"name": "ada", "role": "admin"}),
        ("SaveUser", {"name": "new", "password": NEW}),
        ("DeleteUser", {"name": "eve"}),
    ]:
        assert call(ada, method, **request).status_code == 403, method
    assert Account.objects.get(user__username="ada").role == role
    assert User.objects.count() == 2


def test_a_token_makes_no_tokens_and_changes_no_password() -> None:
    secret = token_of(person("ada"))
    assert call(by_token(secret), "CreateToken", name="longer").status_code == 403
    changed = call(by_token(secret), "ChangePassword", old_password=PASSWORD, new_password=NEW)
    assert changed.status_code == 403


def test_a_limited_token_of_an_admin_manages_nothing_beyond_its_limits() -> None:
    secret = token_of(person("root", Role.ADMIN), scopes=["LOOK"])
    assert call(by_token(secret), "CreateToken", name="a").status_code == 403
    assert call(by_token(secret), "SaveUser", name="eve", password=NEW).status_code == 403


def test_a_token_for_the_host_does_not_manage_users_and_the_other_way_round() -> None:
    root = person("root", Role.ADMIN)
    for_host, for_access = (by_token(token_of(root, scopes=[s])) for s in ("STEER_NODE", "MANAGE_ACCESS"))
    assert call(for_host, "ListUsers").status_code == 403
    assert call(for_host, "SaveUser", name="eve", password=NEW, role="admin").status_code == 403
    assert call(for_access, "ListUsers").status_code == 200
    assert for_access.post("/prpc/ReloadVms", {}, content_type="application/json").status_code == 403


def test_users_are_made_changed_and_deleted(admin: Client) -> None:
    request = {"name": "ada", "password": NEW, "role": "operator", "update_quotas": True, "max_vms": 3}
    assert call(admin, "SaveUser", **request).status_code == 204
    assert gets_in(by_password("ada", NEW))
    ada = next(user for user in call(admin, "ListUsers").json()["users"] if user["name"] == "ada")
    assert ada == {
        "id": User.objects.get(username="ada").pk,
        "vms": 0,
        "vcpu": 0,
        "memory": 0,
        "disk_size": 0,
        "gpus": 0,
        "name": "ada",
        "role": "operator",
        "active": True,
        "max_vms": 3,
        "max_vcpu": None,
        "max_memory": None,
        "max_disk_size": None,
        "max_gpus": None,
        "last_login_ms": None,
    }
    assert call(admin, "SaveUser", name="ada", active=False).status_code == 204
    assert not gets_in(by_password("ada", NEW))
    assert Account.objects.get(user__username="ada").max_vms == 3
    assert call(admin, "DeleteUser", name="ada").status_code == 204
    assert call(admin, "DeleteUser", name="ada").status_code == 404


@pytest.mark.parametrize(
    "request_, status, words",
    [
        ({"name": "new"}, 400, "password: is missing"),
        ({"name": "", "password": NEW}, 400, "name: "),
        ({"name": "a b", "password": NEW}, 400, "name: Enter a valid username"),
        ({"name": "x" * 151, "password": NEW}, 400, "name: "),
        ({"name": "new", "password": "short"}, 400, "password: This password is too short"),
        ({"name": "new", "password": NEW, "role": "god"}, 400, "role: must be one of"),
        ({"name": "new", "password": NEW, "update_quotas": True, "max_vms": 2**32 - 1}, 400, "max_vms: must"),
    ],
)
def test_a_user_who_can_t_be_is_refused_by_name(
    admin: Client, request_: dict[str, Any], status: int, words: str
) -> None:
    answer = call(admin, "SaveUser", **request_)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert User.objects.count() == 1


def test_the_last_admin_stays(admin: Client) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [
        ("DeleteUser", {"name": "root"}),
        ("SaveUser", {"name": "root", "role": "viewer"}),
        ("SaveUser", {"name": "root", "active": False}),
    ]
    for method, request in requests:
        answer = call(admin, method, **request)
        assert (answer.status_code, "no admin would be left" in answer.json()["message"]) == (409, True)
    person("second", Role.ADMIN)
    assert call(admin, "DeleteUser", name="root").status_code == 204


def test_a_password_is_changed_by_who_knows_the_old_one() -> None:
    person("ada")
    ada = by_password("ada")
    assert call(ada, "ChangePassword", old_password="wrong", new_password=NEW).status_code == 400
    weak = call(ada, "ChangePassword", old_password=PASSWORD, new_password="short")
    assert (weak.status_code, weak.json()["message"][:13]) == (400, "new_password:")
    session = Client()
    session.force_login(User.objects.get())
    assert gets_in(session)
    assert call(ada, "ChangePassword", old_password=PASSWORD, new_password=NEW).status_code == 204
    assert gets_in(by_password("ada", NEW))
    assert not gets_in(by_password("ada"))
    assert not gets_in(session)


def test_who_took_over_a_session_can_t_guess_the_password() -> None:
    person("ada")
    ada = by_password("ada")
    answers = [
        call(ada, "ChangePassword", old_password=f"guess {n}", new_password=NEW).status_code for n in range(6)
    ]
    assert answers == [400] * 5 + [429]


def test_every_permission_can_be_a_scope(admin: Client) -> None:
    scopes = [permission.name for permission in Permission]
    assert call(admin, "CreateToken", name="all", scopes=scopes).status_code == 200
