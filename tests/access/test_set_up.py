"""The first admin: by a link that works once, or by createsuperuser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.access.people import PASSWORD, person, with_login
from tests.access.test_login import send, text_of
from tests.access.test_passwords import entry
from vms.access import set_up
from vms.access.set_up import set_up_link
from vms.access.throttle import ADDRESS_FREE
from vms.choices import Role
from vms.models import Account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on")]


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def link() -> str:
    return f"/set-up/{set_up_link.make()}/"


def make(browser: Client, link: str, **fields: str) -> Any:
    return send(browser, link, **{"name": "ada", "password": PASSWORD, "again": PASSWORD} | fields)


def test_it_is_needed_where_nobody_could_manage_users(settings: Any, tmp_path: Path) -> None:
    assert set_up.is_needed()
    person("viewer", Role.VIEWER)
    person("gone", Role.ADMIN, is_active=False)
    assert set_up.is_needed()
    settings.VMM = with_login(tokens=("let-me-in",))
    assert not set_up.is_needed()
    (tmp_path / "htpasswd").write_text(entry("ops", "secret"))
    settings.VMM = with_login(htpasswd_file=tmp_path / "htpasswd")
    assert not set_up.is_needed()
    settings.VMM = with_login(enabled=False)
    assert not set_up.is_needed()
    settings.VMM = with_login()
    person("root", None, is_superuser=True)
    assert not set_up.is_needed()


def test_it_makes_an_admin_and_logs_in(browser: Client, link: str) -> None:
    answer = make(browser, link)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    seen: Any = browser.get("/prpc/Version")
    assert seen.wsgi_request.principal.role == Role.ADMIN
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, Account.objects.get(user=user).role) == (True, True, Role.ADMIN)


def test_it_works_once(browser: Client, link: str) -> None:
    page = browser.get(link).content.decode()
    assert make(browser, link).status_code == 302
    for answer in (browser.get(link), browser.post(link, {"name": "eve", "password": PASSWORD})):
        assert answer.status_code in (403, 404)
    assert "Make the first admin" in page
    User.objects.all().delete()
    assert browser.get(link).status_code == 404


def test_it_works_for_an_hour(browser: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = set_up_link._clock()
    monkeypatch.setattr(set_up_link, "_clock", lambda: begun + set_up.GOOD_FOR_S - 1)
    assert browser.get(link).status_code == 200
    monkeypatch.setattr(set_up_link, "_clock", lambda: begun + set_up.GOOD_FOR_S + 10)
    answer = browser.get(link)
    assert answer.status_code == 404
    assert "createsuperuser" in text_of(answer)


def test_it_is_worth_nothing_once_there_is_an_admin(browser: Client, link: str) -> None:
    person("root", Role.ADMIN)
    assert browser.get(link).status_code == 404


def test_another_token_is_not_it_and_guessing_is_slow(browser: Client, link: str) -> None:
    for _ in range(ADDRESS_FREE):
        assert browser.get("/set-up/guess/").status_code == 404
    assert browser.get("/set-up/guess/").status_code == 429


@pytest.mark.parametrize(
    "fields, beside, words",
    [
        ({"name": ""}, "name", "Choose one."),
        ({"name": "a b"}, "name", "Enter a valid username"),
        ({"password": "short", "again": "short"}, "password", "at least 10 characters"),
        ({"password": "password1234", "again": "password1234"}, "password", "too common"),
        ({"again": "another"}, "again", "Is not the same as above."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_link_stays_good(
    browser: Client, link: str, fields: dict[str, str], beside: str, words: str
) -> None:
    answer = make(browser, link, **fields)
    assert answer.status_code == 400
    assert re.search(rf'id="{beside}-error">[^<]*{words}', answer.content.decode())
    assert not User.objects.exists()
    assert make(browser, link).status_code == 302


def test_a_form_of_another_site_makes_nobody(browser: Client, link: str) -> None:
    answer = browser.post(link, {"name": "eve", "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 403
    assert not User.objects.exists()
