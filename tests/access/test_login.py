"""The login page: sessions for browsers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client

from tests.access.people import PASSWORD, person, with_login
from tests.access.test_passwords import entry
from vms.access.principal import Credential, Principal
from vms.access.throttle import PAIR_FREE
from vms.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on")]
VERSION = "/prpc/Version"


@pytest.fixture
def browser() -> Client:
    """A browser, which has to prove that its forms are ours."""
    return Client(enforce_csrf_checks=True)


def send(browser: Client, path: str = "/login/", **fields: str) -> Any:
    """Open the page, fill in its form, send it."""
    page = browser.get(path).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found, page
    return browser.post(path, {"csrfmiddlewaretoken": found[1]} | fields)


def log_in(browser: Client, **fields: str) -> Any:
    return send(browser, **{"name": "ada", "password": PASSWORD} | fields)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_the_page_needs_no_login_and_no_script(browser: Client) -> None:
    answer = browser.get("/login/")
    assert answer.status_code == 200
    assert "<script" not in answer.content.decode()
    assert "style=" not in answer.content.decode()
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"
    # With "no-referrer", browsers send forms from the origin "null", which is not ours.
    assert answer["Referrer-Policy"] == "same-origin"
    assert "referrer" not in answer.content.decode()


def test_a_login_makes_a_session_and_goes_on(browser: Client) -> None:
    user = person("ada", Role.OPERATOR)
    answer = log_in(browser, next="/vms/abc?tab=logs")
    assert (answer.status_code, answer["Location"]) == (302, "/vms/abc?tab=logs")
    seen: Any = browser.get(VERSION)
    assert seen.wsgi_request.principal == Principal("ada", Role.OPERATOR, Credential.SESSION, user.pk)
    assert browser.get("/login/")["Location"] == "/"


@pytest.mark.parametrize(
    "goes_on",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "vms",
    ],
)
def test_it_goes_on_to_paths_of_this_server_only(browser: Client, goes_on: str) -> None:
    person("ada")
    assert "evil" not in browser.get("/login/", {"next": goes_on}).content.decode()
    assert log_in(browser, next=goes_on)["Location"] == "/"


@pytest.mark.parametrize(
    "fields, beside, words",
    [
        ({"name": ""}, "name", "Enter your user name."),
        ({"password": ""}, "password", "Enter your password."),
        ({"password": "wrong"}, "password", "User name or password is wrong."),
        ({"name": "nobody"}, "password", "User name or password is wrong."),
        ({"name": "ada\0"}, "name", "Is too long, or holds a NUL character."),
        ({"password": "x" * 2000}, "password", "Is too long, or holds a NUL character."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    browser: Client, fields: dict[str, str], beside: str, words: str
) -> None:
    person("ada")
    answer = log_in(browser, **fields)
    assert answer.status_code in (400, 401)
    assert f'id="{beside}-error">{words}' in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert "sessionid" not in answer.cookies


def test_a_name_is_shown_as_text(browser: Client) -> None:
    answer = log_in(browser, name='"><script>alert(1)</script>{{ 7 }}')
    assert "<script" not in answer.content.decode()
    assert "&quot;&gt;&lt;script&gt;" in answer.content.decode()


def test_it_says_for_how_long_it_is_locked(browser: Client) -> None:
    person("ada")
    for _ in range(PAIR_FREE):
        assert log_in(browser, password="wrong").status_code == 401
    answer = log_in(browser)
    assert answer.status_code == 429
    assert "Too many wrong credentials from here; try again in 30 s." in text_of(answer)
    assert answer["Retry-After"] == "30"


def test_while_one_password_is_checked_the_next_is_told_to_come_back(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vms.pages import login

    person("ada")
    assert login._one_at_a_time.acquire(blocking=False)
    try:
        answer = log_in(browser)
    finally:
        login._one_at_a_time.release()
    assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    assert log_in(browser).status_code == 302


def test_a_form_of_another_site_logs_nobody_in(browser: Client) -> None:
    person("ada")
    answer = browser.post("/login/", {"name": "ada", "password": PASSWORD})
    assert answer.status_code == 403
    assert "sessionid" not in answer.cookies


def test_a_session_gets_a_new_key_at_login(browser: Client) -> None:
    person("ada")
    person("eve")
    log_in(browser, name="eve")
    before = browser.cookies["sessionid"].value
    send(browser, "/login/?next=/", name="ada", password=PASSWORD)
    after = browser.cookies["sessionid"].value
    assert after != before
    assert not Session.objects.filter(session_key=before).exists()
    assert Client(headers={"cookie": f"sessionid={before}"}).get(VERSION).status_code == 401


def test_a_key_that_somebody_else_chose_is_not_taken_over(browser: Client) -> None:
    person("ada")
    browser.cookies["sessionid"] = chosen = "a" * 32
    log_in(browser)
    assert browser.cookies["sessionid"].value != chosen
    assert Client(headers={"cookie": f"sessionid={chosen}"}).get(VERSION).status_code == 401


def test_logout_ends_the_session_at_once(browser: Client) -> None:
    person("ada")
    log_in(browser)
    key = browser.cookies["sessionid"].value
    assert browser.get(VERSION).status_code == 200

    assert browser.get("/logout/").status_code == 405
    assert browser.post("/logout/").status_code == 403
    token = browser.cookies["csrftoken"].value
    answer = browser.post("/logout/", headers={"x-csrftoken": token})
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert Client(headers={"cookie": f"sessionid={key}"}).get(VERSION).status_code == 401
    assert not Session.objects.exists()


def test_cookies_are_for_this_site_and_for_tls_where_it_is(browser: Client) -> None:
    person("ada")
    plain = log_in(browser).cookies
    assert plain["sessionid"]["httponly"]
    assert plain["sessionid"]["samesite"] == "Lax"
    assert plain["sessionid"]["max-age"] == 24 * 3600
    assert not plain["sessionid"]["secure"]

    page = Client().get("/login/", secure=True)
    assert page.cookies["csrftoken"]["secure"]


def test_users_of_the_htpasswd_file_log_in_too(browser: Client, tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "htpasswd"
    file.write_text(entry("ops", "secret"))
    settings.VMM = with_login(htpasswd_file=file)
    assert log_in(browser, name="ops", password="secret").status_code == 302
    seen: Any = browser.get(VERSION)
    assert seen.wsgi_request.principal == Principal("ops", Role.ADMIN, Credential.SESSION)

    from vms.access.verified import verified

    file.write_text(entry("ops", "another"))
    os.utime(file, ns=(5, 5))
    verified.forget_now()
    assert browser.get(VERSION).status_code == 401


def test_the_admin_s_own_login_is_this_one(browser: Client) -> None:
    assert "Log in" in text_of(browser.get("/admin/login/?next=/admin/"))
    assert browser.get("/admin/", headers={"accept": "text/html"})["Location"] == "/login/?next=%2Fadmin%2F"


def test_other_methods_are_refused(browser: Client) -> None:
    assert browser.put("/login/").status_code in (403, 405)
    assert browser.delete("/login/").status_code in (403, 405)
    assert django_settings.LOGIN_URL == "/login/"
