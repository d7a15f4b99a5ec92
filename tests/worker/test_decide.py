"""The decision table: every combination of what should be and what is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.rows import make_wanted
from vms.choices import Desired, StopMode
from vms.hypervisor.base import Power
from vms.selectors.work import Wanted
from vms.worker.decide import ASK_AGAIN_MS, LOOK_AGAIN_MS, Decision, Step, decide
from vms.worker.reconcile import MAX_STEPS

NOW = 1_000_000
OFF = (Power.OFF, Power.ABSENT)
Case = tuple[Wanted, Power, int | None]


def every_case() -> Iterator[Case]:
    """All combinations; a retry is none, due or later; the guest was asked never, just now, long ago."""
    for desired, mode, pending, prepared, retry, power, asked in itertools.product(
        Desired,
        StopMode,
        (False, True),
        (False, True),
        (None, NOW - 1, NOW + 60_000),
        Power,
        (None, NOW - 1, NOW - ASK_AGAIN_MS),
    ):
        wanted = make_wanted(
            desired=desired,
            stop_mode=mode,
            generation=2 if pending else 1,
            prepared=prepared,
            next_retry_at_ms=retry,
        )
        yield wanted, power, asked


def decided(case: Case) -> Decision:
    wanted, power, asked = case
    return decide(wanted, power, NOW, asked)


def cases_of(*steps: Step) -> list[Case]:
    return [case for case in every_case() if decided(case).step in steps]


def test_a_launch_happens_only_where_surely_nothing_runs() -> None:
    assert {power for _, power, _ in cases_of(Step.LAUNCH)} == {*OFF}
    assert {wanted.desired for wanted, _, _ in cases_of(Step.LAUNCH)} == {Desired.RUNNING}


def test_a_directory_is_written_or_deleted_only_where_surely_nothing_runs() -> None:
    assert {power for _, power, _ in cases_of(Step.PREPARE, Step.DELETE)} == {*OFF}


def test_only_what_is_to_be_absent_is_deleted() -> None:
    assert {wanted.desired for wanted, _, _ in cases_of(Step.DELETE)} == {Desired.ABSENT}


def test_what_should_run_is_never_stopped_or_asked() -> None:
    steps = {decided(case).step for case in every_case() if case[0].desired == Desired.RUNNING}
    assert steps.isdisjoint({Step.STOP, Step.ASK, Step.DELETE})


def test_a_guest_that_is_asked_to_power_off_is_not_stopped_by_force() -> None:
    for wanted, _, _ in cases_of(Step.STOP):
        assert wanted.desired == Desired.ABSENT or wanted.stop_mode == StopMode.FORCED


def test_only_a_guest_that_answers_is_asked() -> None:
    assert {power for _, power, _ in cases_of(Step.ASK)} == {Power.ON}


def test_nobody_who_waits_for_an_answer_is_left_without() -> None:
    assert [case for case in cases_of(Step.REST) if case[0].is_pending] == []


def test_a_removal_never_rests() -> None:
    assert [case for case in cases_of(Step.REST) if case[0].desired == Desired.ABSENT] == []


def test_a_rest_ends_in_the_future_or_when_something_happens() -> None:
    ends = {decided(case).until_ms for case in cases_of(Step.REST)}
    assert ends == {None, NOW + 60_000, NOW - 1 + ASK_AGAIN_MS, NOW + LOOK_AGAIN_MS}


def test_a_retry_that_is_not_due_is_waited_for() -> None:
    wanted = make_wanted(next_retry_at_ms=NOW + 1)
    assert decide(wanted, Power.OFF, NOW) == Decision(Step.REST, NOW + 1)
    assert decide(wanted, Power.OFF, NOW + 1) == Decision(Step.LAUNCH)


def test_an_answer_does_not_wait_for_the_retry() -> None:
    wanted = make_wanted(generation=2, next_retry_at_ms=NOW + 60_000)
    assert decide(wanted, Power.OFF, NOW) == Decision(Step.LAUNCH)


class World:
    """A model of the hypervisor and of what the steps write down."""

    def __init__(self, case: Case, *, launches: bool, guest: str) -> None:
        self.wanted, self.power, self.asked = case
        self._launches = launches
        self._guest = guest

    def act(self, step: Step) -> None:
        match step:
            case Step.PREPARE:
                self.power = Power.OFF
                self.wanted = replace(self.wanted, prepared=True)
            case Step.LAUNCH:
                self.power = Power.ON if self._launches else Power.OFF
                again = None if self._launches or self.wanted.is_pending else NOW + 60_000
                self.wanted = replace(self.wanted, next_retry_at_ms=again)
                self._settle()
            case Step.ASK:
                self.asked = NOW
                if self._guest == "obeys":
                    self.power, self.asked = Power.OFF, None
                if self._guest == "unheard" and self.wanted.is_pending:
                    self.wanted = replace(self.wanted, desired=Desired.RUNNING)
                self._settle()
            case Step.UNREACHABLE:
                if self.wanted.desired == Desired.STOPPED:
                    self.wanted = replace(self.wanted, desired=Desired.RUNNING)
                self._settle()
            case Step.STOP:
                self.power, self.asked = Power.OFF, None
            case Step.DELETE:
                self.power = Power.ABSENT
            case Step.SETTLE:
                self._settle()

    def _settle(self) -> None:
        self.wanted = replace(self.wanted, observed_generation=self.wanted.generation)


@pytest.mark.parametrize("launches", [True, False])
@pytest.mark.parametrize("guest", ["obeys", "ignores", "unheard"])
def test_from_every_state_the_steps_come_to_rest(launches: bool, guest: str) -> None:
    for case in every_case():
        world = World(case, launches=launches, guest=guest)
        steps: list[Step] = []
        while True:
            step = decide(world.wanted, world.power, NOW, world.asked).step
            steps.append(step)
            assert len(steps) <= MAX_STEPS, (case, steps)
            world.act(step)
            if step in (Step.REST, Step.DELETE):
                break
        if world.wanted.desired == Desired.ABSENT:
            assert world.power is Power.ABSENT
        elif step is Step.REST and world.power in OFF:
            assert world.wanted.prepared or world.wanted.next_retry_at_ms is not None


def test_no_way_to_rest_takes_the_same_step_twice() -> None:
    for case in every_case():
        world = World(case, launches=True, guest="obeys")
        steps: list[Step] = []
        while (step := decide(world.wanted, world.power, NOW, world.asked).step) is not Step.REST:
            steps.append(step)
            world.act(step)
            if step is Step.DELETE:
                break
        assert len(set(steps)) == len(steps), (case, steps)
