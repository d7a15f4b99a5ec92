"""Reading the audit log: filters, pages, and files of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from tests.access.people import person, token_of
from vms.access import audit
from vms.choices import Role
from vms.models import AuditEntry
from vms.selectors.audit import MAX_PAGE, AuditFilter, every, page

pytestmark = pytest.mark.django_db


def write(**changed: Any) -> int:
    values = {"at_ms": 1000, "who": "ada", "action": "prpc.StopVm", "result": 200}
    entry = AuditEntry(**values | changed)
    entry.save()
    return entry.pk


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ({}, [3, 2, 1, 0]),
        ({"who": "ada"}, [2, 0]),
        ({"action": "prpc."}, [1, 0]),
        ({"action": "login"}, [2]),
        ({"vm": "v1"}, [0]),
        ({"vm": "shop"}, [1, 0]),
        ({"result": 403}, [1]),
        ({"result": 4}, [3, 1]),
        ({"since_ms": 2000}, [3, 2, 1]),
        ({"since_ms": 2000, "until_ms": 4000}, [2, 1]),
        ({"who": "ada", "vm": "shop"}, [0]),
        ({"who": "ADA"}, []),
    ],
    ids=str,
)
def test_each_filter(wanted: dict[str, Any], expected: list[int]) -> None:
    ids = [
        write(vm_id="v1", vm_name="shop"),
        write(at_ms=2000, who="eve", result=403, vm_id="v2", vm_name="shop"),
        write(at_ms=3000, action="login"),
        write(at_ms=4000, who="eve", action="logs", result=401),
    ]
    assert [row["id"] for row in every(AuditFilter(**wanted))] == [ids[index] for index in expected]


def test_pages_are_newest_first_and_hold_each_entry_once_though_others_come() -> None:
    ids = [write() for _ in range(7)]
    seen, before = [], 0
    for _ in range(3):
        rows, before = page(AuditFilter(), before, 3)
        seen += [row["id"] for row in rows]
        write()
    assert seen == ids[::-1]
    assert before == 0


def test_a_page_is_bounded() -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(at_ms=1, who="a", action="x", result=200) for _ in range(MAX_PAGE + 1)
    )
    for size in (0, 10**9):
        rows, before = page(AuditFilter(), 0, size)
        assert len(rows) == MAX_PAGE
        assert page(AuditFilter(), before, size)[1] == 0
    assert len(list(every(AuditFilter()))) == MAX_PAGE + 1


@pytest.mark.usefixtures("login_on")
class TestFiles:
    @pytest.fixture
    def admin(self) -> Client:
        return Client(headers={"authorization": f"Bearer {token_of(person('root', Role.ADMIN))}"})

    def test_csv(self, admin: Client) -> None:
        write(who='=cmd|"/c calc"', detail='a, "b"')
        write(at_ms=1_700_000_000_123)
        answer: Any = admin.get("/access/audit.csv")
        assert answer["Content-Type"].startswith("text/csv")
        assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
        assert [row["time"] for row in rows] == [
            "2023-11-14T22:13:20.123+00:00",
            "1970-01-01T00:00:01.000+00:00",
        ]
        assert (rows[1]["who"], rows[1]["detail"]) == ('\'=cmd|"/c calc"', 'a, "b"')

    def test_jsonl_with_filters(self, admin: Client) -> None:
        write(who="eve", detail="ü")
        write()
        answer: Any = admin.get("/access/audit.jsonl?who=eve&result=2")
        [row] = map(json.loads, b"".join(answer.streaming_content).splitlines())
        assert (row["who"], row["detail"], row["count"]) == ("eve", "ü", 1)

    def test_it_is_told_who_took_it(self, admin: Client) -> None:
        admin.get("/access/audit.csv")
        audit.flush()
        assert list(AuditEntry.objects.values_list("who", "action", "result")) == [
            ("root", "access.audit.csv", 200)
        ]

    @pytest.mark.parametrize(
        "query", ["result=abc", "result=600", "since_ms=-1", "who=%00", "vm=" + "x" * 201]
    )
    def test_a_wrong_filter_is_named(self, admin: Client, query: str) -> None:
        answer = admin.get(f"/access/audit.csv?{query}")
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(query.partition("=")[0] + ": ")

    @pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER, Role.OPERATOR])
    def test_others_may_not(self, role: Role) -> None:
        client = Client(headers={"authorization": f"Bearer {token_of(person('eve', role))}"})
        for extension in ("csv", "jsonl"):
            assert client.get(f"/access/audit.{extension}").status_code == 403

    def test_only_by_reading(self, admin: Client) -> None:
        assert admin.post("/access/audit.csv").status_code == 405
        assert admin.head("/access/audit.csv").content == b""


@pytest.mark.usefixtures("login_on")
class TestListAudit:
    @pytest.fixture
    def admin(self) -> Client:
        return Client(headers={"authorization": f"Bearer {token_of(person('root', Role.ADMIN))}"})

    def test_pages_are_followed_by_before(self, admin: Client) -> None:
        ids = [write(detail="a=1", vm_id="v1", vm_name="shop", count=3) for _ in range(3)]
        first = admin.get("/access/ListAudit?page_size=2&who=ada").json()
        assert first["entries"][0] == {
            "id": ids[2],
            "at_ms": 1000,
            "who": "ada",
            "role": "",
            "credential": "",
            "address": "",
            "action": "prpc.StopVm",
            "vm_id": "v1",
            "vm_name": "shop",
            "result": 200,
            "detail": "a=1",
            "request_id": "",
            "count": 3,
        }
        second = admin.get(f"/access/ListAudit?page_size=2&who=ada&before={first['before']}").json()
        assert [row["id"] for row in first["entries"] + second["entries"]] == ids[::-1]
        assert second["before"] == 0

    @pytest.mark.parametrize("field", ["result", "since_ms", "until_ms", "before", "page_size"])
    def test_no_number_is_too_large(self, admin: Client, field: str) -> None:
        most = 2**32 - 1 if field in ("result", "page_size") else 2**64 - 1
        answer = admin.post("/access/ListAudit", {field: most}, content_type="application/json")
        assert answer.status_code == 200

    def test_reading_is_no_change(self, admin: Client) -> None:
        admin.get("/access/ListAudit")
        audit.flush()
        assert not AuditEntry.objects.exists()
