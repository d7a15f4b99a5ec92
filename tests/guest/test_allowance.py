"""What one guest may have of the host, by a clock of the test's own."""

from __future__ import annotations

from vms.guest import allowance
from vms.guest.allowance import BURST, MAX_CONNECTIONS, PER_SECOND, Allowances


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_connections_are_counted_for_each_guest() -> None:
    allowances = Allowances(Clock())
    assert [allowances.enter(7) for _ in range(MAX_CONNECTIONS + 1)] == [True] * MAX_CONNECTIONS + [False]
    assert allowances.enter(8)
    allowances.leave(7)
    assert allowances.enter(7)
    assert not allowances.enter(7)


def test_a_burst_is_let_through_and_then_so_many_in_a_second() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    allowances.enter(7)
    allowances.enter(8)
    assert sum(allowances.spend(7) for _ in range(10 * BURST)) == BURST
    assert allowances.spend(8)
    clock.now += 3
    assert sum(allowances.spend(7) for _ in range(10 * BURST)) == 3 * PER_SECOND
    clock.now += 1e6
    assert sum(allowances.spend(7) for _ in range(10 * BURST)) == BURST


def test_hanging_up_earns_no_new_allowance() -> None:
    allowances = Allowances(Clock())
    spent = 0
    for _ in range(10 * BURST):
        allowances.enter(7)
        spent += allowances.spend(7)
        allowances.leave(7)
    assert spent == BURST


def test_quiet_guests_are_forgotten_in_time() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    for cid in range(10 * allowance.MAX_REMEMBERED):
        clock.now += 1
        allowances.enter(cid)
        allowances.spend(cid)
        allowances.leave(cid)
    assert len(allowances) <= allowance.MAX_REMEMBERED
