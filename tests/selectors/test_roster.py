"""What is remembered of the list is what the database says, whoever changed it and however."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rows import make_node, make_vm
from vms.actions import change, events, retention
from vms.choices import Actual
from vms.database import now_ms, writing
from vms.models import Event, Image, Vm
from vms.prpc import listing, written
from vms.prpc.proto import vmm_pb2
from vms.selectors import roster
from vms.selectors.roster import Filter
from vms.selectors.sight import EVERYTHING

pytestmark = pytest.mark.django_db(transaction=True)
Queries = Callable[[int], AbstractContextManager[Any]]


def listed() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = orjson.loads(listing.status(Filter(), EVERYTHING).json())["vms"]
    return rows


def afresh() -> list[dict[str, Any]]:
    """The same, by one who remembers nothing: inside a transaction everything is read."""
    with transaction.atomic():
        return listed()


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"uptime": "", "exited_at": ""} for row in rows]


def test_what_did_not_change_is_not_read_again(django_assert_num_queries: Queries) -> None:
    make_vm()
    first = listed()
    alone = listing.one(first[0]["id"], EVERYTHING).json()
    with django_assert_num_queries(0):
        assert listed() == first
        assert listing.one(first[0]["id"], EVERYTHING).json() == alone


def test_of_many_only_those_that_changed_are_read() -> None:
    vms = [make_vm() for _ in range(30)]
    listed()
    before = roster.current()
    change.change(vms[3].pk, lambda _: {"name": "other"})
    after = roster.current()
    assert [entry.id for entry in after.entries if before.by_id[entry.id] is not entry] == [vms[3].pk]
    assert listed()[3]["name"] == "other"


def test_what_another_process_changed_is_seen() -> None:
    vm = make_vm()
    listed()
    with sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=20) as other:
        other.execute("UPDATE vms_vm SET name = 'elsewhere', revision = revision + 1 WHERE id = ?", [vm.pk])
    other.close()
    assert [row["name"] for row in listed()] == ["elsewhere"]


def test_what_another_thread_changed_is_seen_and_what_this_one_did() -> None:
    vm = make_vm()
    listed()

    def rename() -> None:
        change.change(vm.pk, lambda _: {"name": "by a thread"})
        connection.close()

    thread = threading.Thread(target=rename)
    thread.start()
    thread.join()
    assert [row["name"] for row in listed()] == ["by a thread"]
    change.change(vm.pk, lambda _: {"name": "by this one"})
    assert [row["name"] for row in listed()] == ["by this one"]


def test_what_was_rolled_back_was_never_there() -> None:
    vm = make_vm()
    with writing():
        Vm.objects.filter(pk=vm.pk).update(name="never", revision=99)
        assert [row["name"] for row in listed()] == ["never"]
        transaction.set_rollback(True)
    assert [row["name"] for row in listed()] == [vm.name]


def test_a_vm_of_the_same_id_and_revision_that_came_later_is_another() -> None:
    vm = make_vm(id="same", created_at_ms=1)
    listed()
    vm.delete()
    make_vm(id="same", created_at_ms=2, name="the later one")
    assert [row["name"] for row in listed()] == ["the later one"]


def test_an_image_that_says_another_version_changes_the_rows_that_use_it() -> None:
    vm = make_vm()
    other = make_vm(image="another")
    image = Image.objects.create(node=make_node(), name=vm.image, version="1")
    assert [row["image_version"] for row in listed()] == ["1", ""]
    kept = roster.current().by_id[other.pk]
    Image.objects.filter(pk=image.pk).update(version="2")
    assert [row["image_version"] for row in listed()] == ["2", ""]
    assert roster.current().by_id[other.pk] is kept


def test_an_event_of_a_guest_that_changes_nothing_else_is_news() -> None:
    vm = make_vm()
    listed()
    events.guest_notified(vm.pk, events.GuestEvent("custom", "hello"))
    assert [event["body"] for event in listed()[0]["events"]] == ["hello"]


def test_events_that_go_for_their_age_go_from_the_list() -> None:
    aged, young = make_vm(), make_vm()
    Event.objects.create(vm=aged, event="e", body="old", timestamp_ms=1)
    Event.objects.create(vm=young, event="e", body="new", timestamp_ms=now_ms())
    assert [len(row["events"]) for row in listed()] == [1, 1]
    kept = roster.current().by_id[young.pk]
    Event.objects.filter(body="old").delete()
    assert [len(row["events"]) for row in listed()] == [0, 1]
    assert roster.current().by_id[young.pk] is kept


def test_times_count_on_though_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    make_vm(actual=Actual.ON, started_at_ms=1_000_000)
    make_vm(actual=Actual.OFF, started_at_ms=1_000_000, exited_at_ms=1_060_000)
    for seconds, uptime, exited_at in ((60, "1m", "0s"), (61, "1m 1s", "1s"), (3661, "1h 1m 1s", "1h 1s")):
        monkeypatch.setattr(listing, "now_ms", lambda at=seconds: 1_000_000 + at * 1000 + 500)
        running, ended = listed()
        assert (running["uptime"], running["exited_at"]) == (uptime, "never")
        assert (ended["uptime"], ended["exited_at"]) == ("never", exited_at)


def test_both_encodings_and_both_methods_say_the_same() -> None:
    for number in range(3):
        vm = make_vm(actual=Actual.ON, started_at_ms=number, user_config='\N{SNOWMAN} \\ " </script>')
        Event.objects.create(vm=vm, event="e", body="\x7f\N{SNOWMAN}", timestamp_ms=number)
    for brief in (True, False):
        answer = listing.status(Filter(brief=brief), EVERYTHING)
        binary = vmm_pb2.StatusResponse.FromString(answer.binary())
        rows = orjson.loads(answer.json())["vms"]
        assert len(rows) == 3
        assert [(vm.id, vm.name, vm.HasField("configuration")) for vm in binary.vms] == [
            (row["id"], row["name"], not brief) for row in rows
        ]
        assert [vm.events[0].body for vm in binary.vms] == [row["events"][0]["body"] for row in rows]
        assert binary.total == 3
        one = vmm_pb2.GetInfoResponse.FromString(listing.one(rows[1]["id"], EVERYTHING).binary())
        assert (one.found, one.info == binary.vms[1]) == (True, not brief)
    none = vmm_pb2.GetInfoResponse.FromString(listing.one("none", EVERYTHING).binary())
    assert (none.found, none.HasField("info")) == (False, False)


def test_of_rows_that_are_too_many_the_oldest_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = written._Shelf()
    monkeypatch.setattr(written, "_shelf", shelf)
    monkeypatch.setattr(written, "MAX_KEPT", 20_000)
    for _ in range(20):
        make_vm(user_config="x" * 2000)
    everything = listed()
    assert len(everything) == 20
    holding = [entry for entry in roster.current().entries if entry.kept]
    assert 0 < len(holding) < 10
    assert holding == roster.current().entries[-len(holding) :]
    assert without_times(listed()) == without_times(everything)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=25))
def test_whatever_happens_what_is_remembered_is_what_is(steps: list[tuple[int, int]]) -> None:
    Vm.objects.all().delete()
    Image.objects.all().delete()
    ids = [make_vm(id=f"vm-of-{place}").pk for place in range(3)]
    for kind, which in steps:
        vm_id = ids[which % len(ids)] if ids else None
        if kind == 0 or vm_id is None:
            ids.append(make_vm().pk)
        elif kind == 1:
            change.change(vm_id, lambda _: {"boot_progress": "step"})
        elif kind == 2:
            Vm.objects.filter(pk=vm_id).delete()
            ids.remove(vm_id)
        elif kind == 3:
            events.guest_notified(vm_id, events.GuestEvent("e", "x"))
        elif kind == 4:
            Image.objects.update_or_create(
                node=make_node(), name="dstack-test-0.5.3", defaults={"version": str(which)}
            )
        else:
            retention.drop_surplus(vm_id)
        assert without_times(listed()) == without_times(afresh())
