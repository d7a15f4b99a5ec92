"""Compare and swap: nothing is lost, nothing is written twice, and a refusal leaves nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.rows import make_vm
from vms.actions import change as changing
from vms.actions import events, update, vms
from vms.actions.change import Contended, Fields, change
from vms.actions.events import record_event
from vms.configuration import Port, VmUpdate
from vms.errors import Conflict, VmmError
from vms.live import bus
from vms.models import Event, Vm
from vms.selectors import watch

pytestmark = pytest.mark.django_db(transaction=True)


def a_faster_writer(monkeypatch: pytest.MonkeyPatch, times: int, also: Callable[[], object] = int) -> None:
    """The next ``times`` swaps find that somebody else changed the row (as on PostgreSQL)."""
    swap, left = changing.swap, iter(range(times))

    def beaten(vm: Vm, fields: Fields) -> bool:
        if next(left, None) is None:
            return swap(vm, fields)
        also()
        return False

    monkeypatch.setattr(changing, "swap", beaten)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run it in so many threads at once; the results and errors, in no order."""
    outcomes: list[Any] = []
    together = threading.Barrier(count)

    def one(number: int) -> None:
        together.wait()
        try:
            outcomes.append(work(number))
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_every_one_of_many_writers_at_once_counts() -> None:
    vm = make_vm(restarts=0)

    def add_one(_: int) -> Vm | None:
        return change(vm.pk, lambda now: {"restarts": now.restarts + 1})

    outcomes = in_threads(8, lambda number: [add_one(number) for _ in range(10)])
    assert [error for error in outcomes if isinstance(error, Exception)] == []
    vm.refresh_from_db()
    assert (vm.restarts, vm.revision) == (80, 81)


def test_a_guest_s_words_taken_over_by_two_readers_are_kept_once() -> None:
    vm = make_vm()
    said = [events.GuestEvent("boot.progress", "done")]
    in_threads(8, lambda _: events.guest_said(vm.pk, said, 0, 40))
    assert Event.objects.filter(vm=vm).count() == 1


def test_a_beaten_writer_reads_again_and_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    vm = make_vm(restarts=3)
    a_faster_writer(monkeypatch, 2)
    seen: list[Vm] = []

    def decide(now: Vm) -> Fields:
        seen.append(now)
        return {"restarts": now.restarts + 1}

    change(vm.pk, decide)
    vm.refresh_from_db()
    assert (len({id(row) for row in seen}), vm.restarts, vm.revision) == (3, 4, 2)


def test_a_beaten_writer_leaves_no_event_of_its_first_try(monkeypatch: pytest.MonkeyPatch) -> None:
    vm = make_vm()
    a_faster_writer(monkeypatch, 3)

    def decide(now: Vm) -> Fields:
        record_event(now, "host.started", "once")
        return {"boot_progress": "x"}

    change(vm.pk, decide)
    assert list(Event.objects.values_list("body", flat=True)) == ["once"]


def test_a_beaten_update_that_is_then_refused_leaves_the_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    vm = make_vm(actual="off")
    a_faster_writer(monkeypatch, 1, also=lambda: monkeypatch.setattr(update, "check", refuse))

    def refuse(*args: Any) -> Any:
        raise Conflict("no longer")

    with pytest.raises(Conflict):
        update.update(VmUpdate(vm.pk, ports=(Port("tcp", 8080, 80),)))
    assert vm.ports.count() == 0


def test_a_row_that_never_holds_still_is_an_error_that_names_the_vm(monkeypatch: pytest.MonkeyPatch) -> None:
    vm = make_vm()
    a_faster_writer(monkeypatch, 1000)
    with pytest.raises(Contended, match=vm.pk):
        change(vm.pk, lambda now: {"boot_progress": "x"})
    vm.refresh_from_db()
    assert (vm.boot_progress, vm.revision) == ("", 1)


def test_nothing_to_change_leaves_the_revision() -> None:
    vm = make_vm()
    assert change(vm.pk, lambda now: {}) == vm
    vm.refresh_from_db()
    assert vm.revision == 1


def test_a_vm_that_is_gone_is_none() -> None:
    assert change("gone", lambda now: {"name": "x"}) is None


def test_a_row_that_can_t_be_told_is_changed_all_the_same_and_the_worker_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vm = make_vm(desired="stopped")
    vm.node.heartbeat_at_ms = 1 << 60
    vm.node.save()
    woken: list[Any] = []

    def failing(vm_id: str) -> None:
        raise VmmError("the database went away")

    monkeypatch.setattr(watch, "watch_row", failing)
    monkeypatch.setattr(bus, "send", lambda channel, message: woken.append(message))
    vms.start(vm.pk)
    vm.refresh_from_db()
    assert (vm.desired, vm.generation) == ("running", 2)
    assert woken == [{"type": "vm.wake", "id": vm.pk}]
