"""Guessing, flooding, and names that look like other names."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import httpx
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.access.people import PASSWORD, person, token_of, with_login
from tests.attacks.target import Target
from vms.access import passwords, tokens


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def test_a_flood_of_guesses_is_held_up_and_nobody_else(target: Target) -> None:
    with target.client() as guesser:
        found = [guesser.get("/prpc/Version", headers=basic("ada", f"guess {n}")) for n in range(12)]
        assert [answer.status_code for answer in found][:2] == [401, 401]
        assert found[-1].status_code == 429
        assert int(found[-1].headers["retry-after"]) >= 1
        # Not even the right one is looked at now.
        assert guesser.get("/prpc/Version", headers=basic("ada", PASSWORD)).status_code == 429
    with target.client() as elsewhere:
        assert elsewhere.get("/prpc/Version", headers=basic("ada", PASSWORD)).status_code == 200


def test_the_login_page_is_held_up_the_same_way(target: Target) -> None:
    with target.client() as guesser:
        found = [target.log_in(guesser, "olga", f"guess {number}") for number in range(12)]
        assert found[-1].status_code == 429
        assert int(found[-1].headers["retry-after"]) >= 1


def test_another_forwarded_address_each_time_helps_no_guesser(target: Target) -> None:
    with target.client() as guesser:
        found = [
            guesser.get(
                "/prpc/Version",
                headers={
                    "x-forwarded-for": f"10.0.0.{number}",
                    "x-real-ip": f"10.0.0.{number}",
                    "x-admin-token": f"guess {number}",
                },
            ).status_code
            for number in range(30)
        ]
        assert found[-1] == 429


def test_a_flood_of_passwords_at_once_leaves_the_server_to_others(target: Target) -> None:
    def guess(number: int) -> int:
        with target.client() as guesser:
            return guesser.get("/prpc/Version", headers=basic(f"nobody-{number}", "x")).status_code

    with ThreadPoolExecutor(40) as pool:
        guesses = pool.map(guess, range(80))
        assert target.is_well()
        assert set(guesses) <= {401, 429}


def test_unknown_names_are_told_what_wrong_passwords_are(target: Target) -> None:
    answers: list[httpx.Response] = []
    for name in ("ada", "nobody-of-that-name"):
        with target.client() as client:
            answers.append(client.get("/prpc/Version", headers=basic(name, "wrong")))
        with target.client() as client:
            answers.append(target.log_in(client, name, "wrong"))
    known, known_page, unknown, unknown_page = answers
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    assert known_page.status_code == unknown_page.status_code
    said = unknown_page.text.replace("nobody-of-that-name", "ada")
    assert len(said) == len(known_page.text)


@pytest.mark.django_db
def test_unknown_names_take_as_many_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def count(self: Any, password: str, *rest: Any) -> Any:
        hashed.append(password)
        return original(self, password, *rest)

    person("ada")
    for name in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(Argon2PasswordHasher, name, count)
        for user in ("ada", "nobody"):
            passwords.holder(user, "wrong")
        monkeypatch.setattr(Argon2PasswordHasher, name, original)
    assert sorted(hashed) == ["wrong", "wrong"]


@pytest.mark.django_db
def test_tokens_are_looked_up_by_their_digest_alone() -> None:
    """How long a comparison takes then tells nothing of a token."""
    secret = token_of(person("ada"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert tokens.issued(secret) is not None
    said = str(queries.captured_queries)
    assert hashlib.sha256(secret.encode()).hexdigest() in said
    assert secret not in said
    assert secret[:20] not in said


def test_configured_tokens_are_all_compared_in_constant_time(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VMM = with_login(tokens=("first-token", "second", "third-token-which-is-longer"))
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    for guess in ("first-token", "x", "third-token-which-is-longes"):
        tokens.configured(guess)
    assert compared == [(64, 64)] * 9


LOOKALIKES = [
    "ADA",
    "\u0430da",  # Cyrillic
    "ada\u200b",
    "ada\u0301",
    "ada\u0000",
    "../ada",
    "ada'--",
    "%61da",
    "*",
    "ada,mia",
]


@pytest.mark.parametrize("name", LOOKALIKES, ids=ascii)
def test_a_name_that_looks_like_another_is_not_that_other(target: Target, name: str) -> None:
    with target.client() as client:
        assert client.get("/prpc/Version", headers=basic(name, PASSWORD)).status_code == 401
    with target.client() as client:
        assert target.log_in(client, name).status_code in (400, 401)


def test_other_ways_to_write_a_name_are_no_further_tries(target: Target) -> None:
    """Django takes them for the same name (NFKC), so they count as one."""
    wide = [chr(ord(letter) + 0xFEE0) for letter in "ada"]
    written = ["".join(pair) for pair in product(*zip("ada", wide, strict=True))]
    with target.client() as guesser:
        found = [guesser.get("/prpc/Version", headers=basic(name, "guess")) for name in written]
    assert [answer.status_code for answer in found] == [401] * 5 + [429] * 3


@pytest.mark.parametrize(
    "password", ["x" * 100_000, "a\0b", "", " ", "\ud7ff" * 500, "$argon2id$v=19$m=1"], ids=ascii
)
def test_odd_passwords_are_wrong_and_no_bugs(target: Target, password: str) -> None:
    with target.client() as client:
        assert target.log_in(client, "vic", password).status_code in (400, 401)
    if len(password) < 5000:
        with target.client() as client:
            assert client.get("/prpc/Version", headers=basic("vic", password)).status_code == 401


ODD_CREDENTIALS = [
    "Basic",
    "Basic ====",
    "Basic " + "QQ" * 4000,
    "Basic Og==",
    "Basic /w==",
    "Bearer ,",
    "Bearer " + "x" * 8000,
    "Digest username=ada",
]


@pytest.mark.parametrize("header", ODD_CREDENTIALS, ids=lambda header: header[:20])
def test_odd_credentials_are_wrong_and_no_bugs(target: Target, header: str) -> None:
    with target.client(headers={"authorization": header}) as client:
        assert client.get("/prpc/Version").status_code == 401


@pytest.mark.django_db
def test_what_the_database_keeps_is_no_credential(settings: Any) -> None:
    """Whoever reads a backup can't log in with it."""
    from django.test import Client

    settings.VMM = with_login()
    user = person("ada")
    digest = tokens.digest_of(token_of(user))
    for headers in (
        {"authorization": f"Bearer {digest}"},
        {"authorization": f"Bearer vmm_{digest}"},
        basic("ada", user.password),
    ):
        assert Client(headers=headers).get("/prpc/Version").status_code == 401


def test_a_revoked_token_is_refused_at_once(target: Target) -> None:
    with target.client("ada") as ada, target.client() as thief:
        made = ada.post("/access/CreateToken", json={"name": "to be stolen"}).json()
        stolen = {"authorization": f"Bearer {made['token']}"}
        assert thief.get("/prpc/Version", headers=stolen).status_code == 200
        assert ada.post("/access/RevokeToken", json={"id": made["id"]}).status_code == 204
        assert thief.get("/prpc/Version", headers=stolen).status_code == 401


def test_a_new_password_ends_every_session(target: Target) -> None:
    with target.client("ada") as ada:
        user = {"name": "temp", "role": "member", "password": "a password of nobody"}
        assert ada.post("/access/SaveUser", json=user).status_code == 204
        with target.client() as thief:
            assert target.log_in(thief, "temp", user["password"]).status_code == 302
            assert thief.get("/prpc/Version").status_code == 200
            changed = {"name": "temp", "password": "another one of nobody"}
            assert ada.post("/access/SaveUser", json=changed).status_code == 204
            assert thief.get("/prpc/Version").status_code == 401
        assert ada.post("/access/DeleteUser", json={"name": "temp"}).status_code == 204
