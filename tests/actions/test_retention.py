"""Events are kept by number and by age, as the operator says, and dropped a few at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import make_vm
from vms.actions import retention
from vms.actions.events import record_event
from vms.conf import conf
from vms.database import now_ms
from vms.models import Event, Vm

pytestmark = pytest.mark.django_db
DAY_MS = 86_400_000


def configure(settings: Any, told: int = 20, **events: float) -> None:
    changed = conf().events.model_copy(update=events)
    settings.VMM = conf().model_copy(update={"events": changed, "event_buffer_size": told})


def write(vm: Vm, number: int, age_ms: int = 0) -> None:
    made_at = now_ms() - age_ms
    Event.objects.bulk_create(
        Event(vm=vm, event="e", body=str(place), timestamp_ms=made_at) for place in range(number)
    )


def left(vm: Vm) -> int:
    return Event.objects.filter(vm=vm).count()


def test_a_lowered_number_holds_with_the_next_event(settings: Any) -> None:
    vm = make_vm()
    write(vm, 100)
    configure(settings, max_count=30)
    record_event(vm, "host.started", "newest")
    assert left(vm) == 30
    assert Event.objects.filter(vm=vm).last() == Event.objects.get(body="newest")


def test_never_fewer_are_kept_than_are_told(settings: Any) -> None:
    vm = make_vm()
    configure(settings, told=50, max_count=10)
    write(vm, 100)
    record_event(vm, "e", "")
    assert left(vm) == 50


def test_surplus_goes_in_batches_and_of_that_vm_only(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    vm, other = make_vm(), make_vm()
    write(vm, 65)
    write(other, 65)
    configure(settings, max_count=20)
    monkeypatch.setattr(retention, "BATCH", 20)
    counts = []
    while retention.drop_surplus(vm.pk):
        counts.append(left(vm))
    assert [*counts, left(vm), left(other)] == [45, 25, 20, 65]
    bodies = Event.objects.filter(vm=vm).order_by("id").values_list("body", flat=True)
    assert list(bodies) == [str(place) for place in range(45, 65)]


def test_what_is_too_old_goes_in_batches(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_vm(), make_vm()
    write(first, 30, age_ms=3 * DAY_MS)
    write(second, 15, age_ms=3 * DAY_MS)
    write(first, 5, age_ms=DAY_MS)
    configure(settings, max_age=2 * 86_400)
    monkeypatch.setattr(retention, "BATCH", 20)
    counts = []
    while retention.drop_aged():
        counts.append(left(first) + left(second))
    assert [*counts, left(first), left(second)] == [30, 10, 5, 0]
    assert not retention.drop_aged()


def test_without_an_age_nothing_is_too_old(settings: Any) -> None:
    vm = make_vm()
    write(vm, 5, age_ms=10_000 * DAY_MS)
    configure(settings, max_age=0)
    assert not retention.drop_aged()
    assert left(vm) == 5
