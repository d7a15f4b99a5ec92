"""The audit log's rows: added, never changed; equal refusals counted; bounded whatever comes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from vms.access import audit
from vms.access.coalesce import BURST, MAX_CAUSES, MAX_KINDS, OTHERS, PER_HOUR, REPEAT_S, Coalesced
from vms.access.principal import NOBODY, Credential, Principal
from vms.access.trail import Trail, begin
from vms.choices import Role
from vms.models import AuditEntry

pytestmark = pytest.mark.django_db
ADA = Principal("ada", Role.OPERATOR, Credential.TOKEN, user_id=7)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def entry(**changed: Any) -> AuditEntry:
    values = {"at_ms": 1, "who": "nobody", "action": "prpc.Status", "result": 401, "address": "127.0.0.1"}
    return AuditEntry(**values | changed)


def rows(*names: str) -> list[tuple[Any, ...]]:
    return list(AuditEntry.objects.order_by("id").values_list(*names))


class TestRows:
    @pytest.fixture
    def pk(self) -> int:
        begin(Trail(address="127.0.0.1", request_id="abc", action="prpc.StopVm", vm_id="v"))
        return audit.write(200, who=ADA, detail="vcpu 2")

    def test_it_holds_who_did_what(self, pk: int) -> None:
        assert rows("who", "role", "credential", "address", "action", "vm_id", "result", "detail") == [
            ("ada", "operator", "token", "127.0.0.1", "prpc.StopVm", "v", 200, "vcpu 2")
        ]

    def test_a_model_refuses_to_change_or_delete_it(self, pk: int) -> None:
        one = AuditEntry.objects.get()
        one.who = "eve"
        for attempt in (
            one.save,
            one.delete,
            AuditEntry.objects.all().delete,
            lambda: AuditEntry.objects.update(who="eve"),
        ):
            with pytest.raises(TypeError, match="only ever added to"):
                attempt()
        assert rows("who") == [("ada",)]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE vms_auditentry SET who = 'eve'",
            "UPDATE vms_auditentry SET result = 500",
            "UPDATE vms_auditentry SET detail = ''",
            "UPDATE vms_auditentry SET count = 2",
            "DELETE FROM vms_auditentry WHERE id = (SELECT MAX(id) FROM vms_auditentry)",
        ],
    )
    def test_the_database_refuses_it_too(self, pk: int, statement: str) -> None:
        audit.write(200, who=ADA)
        before = rows("id", "who", "result", "detail", "count")
        with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
            connection.cursor().execute(statement)
        assert rows("id", "who", "result", "detail", "count") == before

    def test_what_was_accepted_is_completed_once(self) -> None:
        begin(Trail(action="prpc.StartVm", detail="vcpu 2"))
        pk = audit.write(202, who=ADA)
        audit.complete(pk, 409, "vcpu 2", "QEMU said no")
        audit.complete(pk, 200, "vcpu 2")
        assert rows("result", "detail") == [(409, "QEMU said no; vcpu 2")]
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute("UPDATE vms_auditentry SET result = 202")

    def test_who_it_was_can_t_be_changed_by_completing(self) -> None:
        begin(Trail(action="prpc.StartVm"))
        audit.write(202, who=ADA)
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute("UPDATE vms_auditentry SET who = 'eve', result = 200")

    def test_the_oldest_may_be_taken_off(self, pk: int) -> None:
        later = audit.write(200, who=ADA)
        AuditEntry.objects.shorten(pk)
        assert rows("id") == [(later,)]

    def test_no_text_writes_further_lines_or_colours(self) -> None:
        begin(Trail(action="x", vm_name="a\nb"))
        audit.write(400, who=Principal("e\x1b[31mve\r\n", Role.MEMBER, Credential.TOKEN), detail="c\u202ed")
        assert rows("who", "vm_name", "detail") == [("e\ufffd[31mve\ufffd\ufffd", "a\ufffdb", "c\ufffdd")]


class TestCoalesced:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def some(self, clock: Clock) -> Coalesced:
        return Coalesced(clock)

    def test_the_first_is_written_soon_and_its_repeats_once_a_minute(
        self, some: Coalesced, clock: Clock
    ) -> None:
        for _ in range(3):
            some.add(entry())
        assert [one.count for one in some.due()] == [3]
        for _ in range(500):
            some.add(entry())
        assert some.due() == []
        clock.now += REPEAT_S
        assert [one.count for one in some.due()] == [500]
        clock.now += REPEAT_S
        assert some.due() == []

    @pytest.mark.parametrize(
        "other", [{"address": "::1"}, {"action": "logs"}, {"vm_id": "v"}, {"result": 403}, {"who": "ada"}]
    )
    def test_only_equal_ones_are_counted_together(self, some: Coalesced, other: dict[str, Any]) -> None:
        some.add(entry())
        some.add(entry(**other))
        assert [one.count for one in some.due()] == [1, 1]

    def test_the_last_one_s_words_stand_for_all(self, some: Coalesced) -> None:
        some.add(entry(detail="first"))
        some.add(entry(detail="last"))
        assert [one.detail for one in some.due()] == ["last"]

    def test_a_flood_of_kinds_gets_few_entries_and_each_of_its_requests_is_counted(
        self, some: Coalesced, clock: Clock
    ) -> None:
        written = []
        for second in range(3600):
            for number in range(20):
                some.add(entry(address=f"10.{second // 256}.{second % 256}.{number}"))
            written += some.due()
            clock.now += 1
        assert len(written) <= BURST + PER_HOUR
        assert OTHERS in [one.action for one in written]
        assert sum(one.count for one in written + some.due(everything=True)) == 3600 * 20

    def test_one_s_flood_takes_nobody_else_s_entries(self, some: Coalesced) -> None:
        for number in range(10 * MAX_KINDS):
            some.add(entry(address=str(number)))
        some.add(entry(who="ada", action="prpc.StopVm"))
        assert ("ada", "prpc.StopVm") in [(one.who, one.action) for one in some.due()]

    def test_even_causes_are_bounded(self, some: Coalesced) -> None:
        for number in range(MAX_CAUSES + 50):
            some.add(entry(who=f"user-{number}"))
        due = some.due(everything=True)
        assert len(due) == MAX_CAUSES + 1
        assert [one.count for one in due if one.who == OTHERS] == [50]

    def test_at_the_end_everything_is_written(self, some: Coalesced) -> None:
        some.add(entry())
        some.due()
        some.add(entry())
        assert [one.count for one in some.due(everything=True)] == [1]


def test_what_is_noted_is_in_the_database_once_it_is_flushed() -> None:
    begin(Trail(address="10.0.0.1", action="prpc.Status", failure="the credentials are wrong"))
    for _ in range(5):
        audit.note(401, who=NOBODY)
    assert rows("id") == []
    audit.flush()
    assert rows("who", "role", "address", "result", "detail", "count") == [
        ("nobody", "", "10.0.0.1", 401, "the credentials are wrong", 5)
    ]
