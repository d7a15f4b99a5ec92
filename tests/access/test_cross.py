"""Every route, crossed with everybody and with every way to say who one is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler

from tests.access.cast import everybody
from tests.access.people import token_of, with_login
from tests.access.routes import ROWS, path_of, url_patterns
from tests.access.table import VM, Needs, Outcome, Row, Who
from tests.access.ways import RIGHT, WRONG, Sent, Way, bearer, operators_own
from tests.rows import make_node
from vms.access.policy import Permission
from vms.access.throttle import throttle
from vms.database import now_ms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on", "quick_passwords")]
HANDLER = ClientHandler(enforce_csrf_checks=True)
"""One for all: making it looks at every static file."""


@pytest.fixture
def people(quick_passwords: None, test_image: str) -> dict[Who, User]:
    """Everybody, and a node whose worker is there."""
    node = make_node()
    node.heartbeat_at_ms = now_ms()
    node.save()
    return everybody()


def ask(row: Row, pattern: str, verb: str, sent: Sent, path: str = "") -> Any:
    """Send one request and take back whatever it did."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers=sent.headers)
    client.handler = HANDLER
    for name, value in sent.cookies.items():
        client.cookies[name] = value
    query = "&".join(part for part in ((row.get or "") if verb != "POST" else "", sent.query) if part)
    options: dict[str, Any] = {"query_params": None, "QUERY_STRING": query}
    if verb == "POST":
        options |= {"data": row.post, "content_type": "application/json"}
    with transaction.atomic():
        throttle.forget_all()
        answer: Any = getattr(client, verb.lower())(path or path_of(pattern, row), **options)
        transaction.set_rollback(True)
    return answer


def outcome_of(answer: Any) -> Outcome:
    """What an answer says."""
    match answer.status_code:
        case 401:
            return Outcome.UNKNOWN
        case 403:
            return Outcome.FORBIDDEN
        case 404 if b"no VM has the id" in answer.content:
            return Outcome.HIDDEN
        case 429:
            return Outcome.THROTTLED
        case 500:
            return Outcome.BUG
        case 302 if answer["Location"].startswith(("/login/", "/admin/login/")):
            return Outcome.UNKNOWN
    return Outcome.IN


def verbs(row: Row) -> Iterator[str]:
    if row.get is not None:
        yield from ("GET", "HEAD")
    if row.post is not None:
        yield "POST"


def text_of(answer: Any) -> str:
    body: bytes = b"".join(answer) if answer.streaming and not answer.is_async else b""
    return (body if answer.streaming else answer.content).decode(errors="replace")


def crossed(expected: Any, sent: Sent) -> list[str]:
    """Every route by every verb; where the outcome differs from ``expected(pattern, row, verb)``."""
    wrong = []
    for pattern, row in ROWS.items():
        for verb in verbs(row):
            wanted = expected(row, verb)
            answer = ask(row, pattern, verb, sent)
            found = outcome_of(answer)
            if verb == "HEAD" and answer.status_code == 404 and wanted is not Outcome.FORBIDDEN:
                continue  # which kind of 404, only a body could tell
            if found is not wanted:
                told = text_of(answer)[:120] if not answer.streaming else ""
                wrong.append(
                    f"{verb} {pattern}: {found.value} ({answer.status_code}), not {wanted.value}; {told}"
                )
    return wrong


def test_every_url_pattern_has_its_row() -> None:
    assert sorted(set(url_patterns())) == sorted(ROWS)


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("name", RIGHT)
def test_who_is_let_in(people: dict[Who, User], who: Who, name: str) -> None:
    way: Way = RIGHT[name]

    def expected(row: Row, verb: str) -> Outcome:
        if row.needs is Needs.NOTHING:
            return Outcome.IN
        if (instead := way.instead(verb)) is not None:
            return instead
        return row.outcome(who, by_token=way.by_token)

    wrong = crossed(expected, way.sent(people[who]))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WRONG)
def test_nobody_else_is_let_in(people: dict[Who, User], name: str) -> None:
    def expected(row: Row, verb: str) -> Outcome:
        return Outcome.IN if row.needs is Needs.NOTHING else Outcome.UNKNOWN

    sent = WRONG[name](people[Who.ADMIN])
    wrong = crossed(expected, sent)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["configured token", "htpasswd"])
def test_the_operator_s_own_are_admins_without_an_account(
    people: dict[Who, User], name: str, settings: Any, tmp_path: Path
) -> None:
    auth: dict[str, Any] = {}
    sent = operators_own(auth, tmp_path)[name]
    settings.VMM = with_login(**auth)

    def expected(row: Row, verb: str) -> Outcome:
        return row.outcome(Who.ADMIN, by_token=True)  # there is no password of theirs to change

    # Django's admin is for Django's users.
    wrong = [line for line in crossed(expected, sent) if " admin/" not in line]
    assert not wrong, "\n".join(wrong)
    inside = [
        pattern
        for pattern, row in ROWS.items()
        if pattern.startswith("admin/")
        and row.needs is not Needs.NOTHING
        and outcome_of(ask(row, pattern, "GET", sent)) is Outcome.IN
    ]
    assert inside == []


@pytest.mark.parametrize("scopes", [[], ["LOOK"], ["NO_SUCH"]], ids=str)
def test_a_token_is_limited_to_its_scopes(people: dict[Who, User], scopes: list[str]) -> None:
    """The admin's token, for nothing but looking (or for nothing at all)."""

    def expected(row: Row, verb: str) -> Outcome:
        if row.needs is Needs.NOTHING:
            return Outcome.IN
        looks = scopes == ["LOOK"] and row.needs is Needs.LOGIN and not row.filtered and not row.by_token
        return Outcome.IN if looks else denied

    denied = Outcome.FORBIDDEN
    token = token_of(people[Who.ADMIN], scopes=scopes)
    wrong = [w for w in crossed(expected, bearer(token)) if "no VM has the id" not in w]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("permission", Permission)
def test_no_scope_gives_more_than_the_role(people: dict[Who, User], permission: Permission) -> None:
    token = token_of(people[Who.STRANGER], scopes=[permission.name])
    let_in = [
        f"{verb} {pattern}"
        for pattern, row in ROWS.items()
        for verb in verbs(row)
        if verb != "HEAD"
        and Who.STRANGER not in row.needs.people
        and outcome_of(ask(row, pattern, verb, bearer(token))) is Outcome.IN
    ]
    assert let_in == []


@pytest.mark.parametrize("who", Who)
def test_lists_tell_only_of_what_one_sees(people: dict[Who, User], who: Who) -> None:
    sent = RIGHT["Bearer"].sent(people[who])
    sees = who in Needs.SEEING_VMS.people
    told = {
        f"{verb} {pattern}": VM in text_of(ask(row, pattern, verb, sent))
        for pattern, row in ROWS.items()
        if row.filtered
        for verb in verbs(row)
        if verb != "HEAD"
    }
    assert told == dict.fromkeys(told, sees)
    assert told


def test_a_hidden_vm_is_answered_as_one_that_is_not_there(people: dict[Who, User]) -> None:
    """In the same words, so that nobody learns which ids are taken."""
    sent = RIGHT["Bearer"].sent(people[Who.STRANGER])
    missing = "-".join(["no", *VM.split("-")[1:]])
    compared = 0
    for pattern, row in ROWS.items():
        if not (row.of_vm or pattern == "prpc/GetInfo"):
            continue
        other = Row(
            row.needs,
            get=None if row.get is None else row.get.replace(VM, missing),
            post=None if row.post is None else {k: missing if v == VM else v for k, v in row.post.items()},
        )
        for verb in verbs(row):
            hidden, absent = ask(row, pattern, verb, sent), ask(other, pattern, verb, sent)
            assert hidden.status_code == absent.status_code, (verb, pattern)
            assert text_of(hidden).replace(VM, missing) == text_of(absent), (verb, pattern)
            compared += 1
    assert compared >= 15


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_other_verb_is_a_way_in(people: dict[Who, User], verb: str) -> None:
    closed = [pattern for pattern, row in ROWS.items() if row.needs is not Needs.NOTHING]
    assert [p for p in closed if outcome_of(ask(ROWS[p], p, verb, Sent())) is not Outcome.UNKNOWN] == []


@pytest.mark.parametrize("prefix", ["Vmm.", "Teepod."])
def test_old_names_of_methods_are_no_way_around(people: dict[Who, User], prefix: str) -> None:
    sent = RIGHT["Bearer"].sent(people[Who.VIEWER])
    for pattern, row in ROWS.items():
        if pattern.startswith("prpc/"):
            path = "/" + pattern.replace("prpc/", f"prpc/{prefix}")
            for verb in verbs(row):
                found = outcome_of(ask(row, pattern, verb, sent, path))
                assert found is row.outcome(Who.VIEWER), (verb, path)


def test_browsers_are_shown_the_login_page_by_pages_only(people: dict[Who, User]) -> None:
    browser = Sent({"accept": "text/html", "sec-fetch-mode": "navigate"})
    for pattern, row in ROWS.items():
        if row.needs is Needs.NOTHING or row.get is None:
            continue
        answer = ask(row, pattern, "GET", browser)
        is_api = pattern.startswith(("prpc/", "guest/", "^prpc", "^guest", "access/", "^access"))
        assert answer.status_code == (401 if is_api else 302), pattern
        if not is_api:
            assert answer["Location"].startswith("/login/?next=%2F"), pattern
