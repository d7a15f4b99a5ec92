"""Who is it? Every way to say so, right and wrong, for HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from google.protobuf.message import DecodeError

from tests.access.people import PASSWORD, person, token_of, with_login
from vms.access.principal import Credential, Principal
from vms.choices import Role
from vms.database import now_ms
from vms.models import Account, ApiToken
from vms.prpc.proto import vmm_pb2

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on")]
VERSION = "/prpc/Version"


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def asked(headers: dict[str, str] | None = None, path: str = VERSION, **options: Any) -> Any:
    return Client(headers=headers or {}).get(path, **options)


def who(headers: dict[str, str]) -> Principal:
    """Whom the server takes that client for."""
    answer = asked(headers)
    assert answer.status_code == 200, answer.content
    principal: Principal = answer.wsgi_request.principal
    return principal


def test_without_authentication_everybody_is_an_admin(settings: Any) -> None:
    settings.VMM = with_login(enabled=False)
    assert asked().wsgi_request.principal.role == Role.ADMIN


def test_a_user_s_token_stands_for_the_user() -> None:
    user = person("ada", Role.OPERATOR)
    secret = token_of(user, scopes=["SEE_VM", "LOOK"])
    token = ApiToken.objects.get()
    ada = Principal("ada", Role.OPERATOR, Credential.TOKEN, user.pk, token.pk, frozenset({"SEE_VM", "LOOK"}))
    assert who(bearer(secret)) == ada
    assert who({"x-admin-token": secret}) == ada
    assert who(basic("", secret)) == ada
    assert who(basic("whoever", secret)) == ada
    assert who(basic(secret, "")) == ada


def test_a_service_s_token_has_its_own_role() -> None:
    secret = token_of(None, Role.VIEWER)
    assert who(bearer(secret)) == Principal(
        "test", Role.VIEWER, Credential.TOKEN, token_id=ApiToken.objects.get().pk
    )


def test_only_a_token_s_digest_is_kept() -> None:
    secret = token_of(person("ada"))
    row = ApiToken.objects.values().get()
    assert secret not in str(row)
    assert secret.startswith(row["prefix"])
    assert len(secret) - len(row["prefix"]) >= 32


def test_the_operator_s_tokens_are_an_admin_s(settings: Any) -> None:
    settings.VMM = with_login(tokens=("first", "let-me-in"))
    assert who(bearer("let-me-in")) == Principal("configured token 2", Role.ADMIN, Credential.CONFIGURED)
    assert who(basic("any", "first")).name == "configured token 1"
    assert asked(bearer("let-me")).status_code == 401


def test_a_token_in_the_query_counts_for_reading_only() -> None:
    secret = token_of(None, Role.ADMIN)
    assert asked(path=f"{VERSION}?token={secret}").status_code == 200
    assert Client().head(f"{VERSION}?token={secret}").status_code == 200
    answer = Client().post(f"{VERSION}?token={secret}", b"{}", content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("vmm_wrong"),
        bearer("x" * 5000),
        bearer("t\xf6ken"),
        {"authorization": "Bearer"},
        {"authorization": "Digest username=ada"},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic " + b64encode(b"\xff\xfe:x").decode()},
        {"authorization": ""},
        {"x-admin-token": ""},
        {"x-admin-token": "wrong"},
        {"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
        {"cookie": "sessionid="},
    ],
    ids=str,
)
def test_what_is_missing_or_wrong_is_refused(headers: dict[str, str]) -> None:
    answer = asked(headers)
    assert answer.status_code == 401
    assert json.loads(answer.content)["code"] == 401
    challenge = answer["WWW-Authenticate"]
    assert "Bearer" in challenge
    assert ("Basic" in challenge) == ("cookie" not in headers)
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_one_is_not_made_good_by_another_beside_it() -> None:
    secret = token_of(None, Role.ADMIN)
    assert asked({"x-admin-token": "wrong"} | bearer(secret)).status_code == 401
    assert asked(bearer("wrong"), f"{VERSION}?token={secret}").status_code == 401


@pytest.mark.parametrize(
    "fields, word",
    [({"expires_at_ms": 1}, "expired"), ({"revoked_at_ms": 1}, "revoked")],
    ids=["expired", "revoked"],
)
def test_a_token_that_is_over_says_so(fields: dict[str, Any], word: str) -> None:
    answer = asked(bearer(token_of(person("ada"), **fields)))
    assert answer.status_code == 401
    assert word in answer.json()["message"]


def test_changes_take_effect_at_once() -> None:
    user = person("ada", Role.ADMIN)
    secret = token_of(user)
    assert who(bearer(secret)).role == Role.ADMIN

    account = Account.objects.get()
    account.role = Role.VIEWER
    account.save()
    assert who(bearer(secret)).role == Role.VIEWER

    user.is_active = False
    user.save()
    assert asked(bearer(secret)).status_code == 401

    user.is_active = True
    user.save()
    assert who(bearer(secret)).role == Role.VIEWER
    user.delete()
    assert asked(bearer(secret)).status_code == 401


def test_a_token_s_end_is_kept_to_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = token_of(None, Role.ADMIN, expires_at_ms=now_ms() + 1000)
    assert asked(bearer(secret)).status_code == 200
    import time

    begun = time.monotonic()
    monkeypatch.setattr("vms.access.verified.time.monotonic", lambda: begun + 1.1)
    monkeypatch.setattr("vms.access.tokens.now_ms", lambda: now_ms() + 1100)
    assert asked(bearer(secret)).status_code == 401


def test_a_user_without_an_account_is_a_member_and_a_superuser_an_admin() -> None:
    assert who(bearer(token_of(person("ada", None)))).role == Role.MEMBER
    assert who(bearer(token_of(person("root", None, is_superuser=True)))).role == Role.ADMIN


def test_a_session_stands_for_its_user_until_logout() -> None:
    user = person("ada", Role.OPERATOR)
    client = Client()
    client.force_login(user)
    answer: Any = client.get(VERSION)
    assert answer.wsgi_request.principal == Principal("ada", Role.OPERATOR, Credential.SESSION, user.pk)
    user.set_password("another one")
    user.save()
    assert client.get(VERSION).status_code == 401


def test_what_a_session_changes_needs_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("ada", Role.ADMIN))
    options: Any = {"data": b"{}", "content_type": "application/json"}
    refused = client.post("/prpc/Status", **options)
    assert refused.status_code == 403
    assert "X-CSRFToken" in refused.json()["message"]

    client.cookies["csrftoken"] = "a" * 32
    assert client.post("/prpc/Status", headers={"x-csrftoken": "b" * 32}, **options).status_code == 403
    assert client.post("/prpc/Status", headers={"x-csrftoken": "a" * 32}, **options).status_code == 200


def test_programs_need_no_csrf_token(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    options: Any = {"data": b"{}", "content_type": "application/json"}
    secret = token_of(person("ada", Role.ADMIN))
    assert client.post("/prpc/Status", headers=bearer(secret), **options).status_code == 200


def test_each_encoding_is_refused_in_its_own_form() -> None:
    binary = Client().post(VERSION, b"", content_type="application/octet-stream")
    assert binary.status_code == 401
    assert binary["Content-Type"] == "application/octet-stream"
    try:
        assert "authentication is needed" in vmm_pb2.PrpcError.FromString(binary.content).message
    except DecodeError:
        pytest.fail("not a PrpcError")
    prpc_json = Client().post(f"{VERSION}?json", b"{}", content_type="application/json").json()
    assert set(prpc_json) == {"error", "code", "message"}
    documented = Client().post(VERSION, b"{}", content_type="application/json").json()
    assert set(documented) == {"code", "message"}
    assert Client().get(f"{VERSION}?json=maybe").status_code == 401


def test_browsers_are_led_to_the_login_page() -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    answer = asked(browser, "/vms/abc?tab=logs")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=%2Fvms%2Fabc%3Ftab%3Dlogs")
    assert asked(browser | {"sec-fetch-mode": "cors"}, "/vms/abc").status_code == 401
    assert asked(browser, VERSION).status_code == 401
    assert asked({}, "/").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api-docs/",
        "/api-docs/openapi.json",
        "/logs?id=a",
        "/admin/",
        "/nowhere",
        "/guest/Info",
        "/prpc/Nothing",
        "/static/../admin/",
        "/metrics",
    ],
)
def test_every_path_is_closed(path: str) -> None:
    assert asked(path=path).status_code == 401


def test_healthz_is_open() -> None:
    assert asked(path="/healthz").status_code in (200, 503)
    assert asked(bearer("wrong"), path="/healthz").status_code in (200, 503)


def test_a_deleted_user_s_session_is_over() -> None:
    user = person("ada")
    client = Client()
    client.force_login(user)
    assert client.get(VERSION).status_code == 200
    User.objects.all().delete()
    assert client.get(VERSION).status_code == 401


def test_passwords_of_users_are_kept_as_argon2() -> None:
    assert person("ada").password.startswith("argon2$argon2id$")
    assert person("eve").check_password(PASSWORD)
