"""Running checks: at the same time, bounded, and none of them able to spoil the others."""

from __future__ import annotations

import threading

from tests.preflight.machine import Machine
from vms.preflight.check import Check, run
from vms.preflight.finding import Ability, Level, Outcome, ok, problem
from vms.preflight.host import Host


def check(name: str, outcome: Outcome) -> Check:
    return Check(name, "group", f"the {name}", lambda host: outcome)


def test_findings_come_in_the_order_of_the_checks(machine: Machine) -> None:
    names = [f"check.{number}" for number in range(30)]
    findings = run([check(name, ok(name)) for name in names], machine.host())
    assert [(one.id, one.found) for one in findings] == [(name, name) for name in names]


def test_a_finding_has_its_check_s_place_and_what_else_it_prevents(machine: Machine) -> None:
    outcome = problem("it is gone", "bring it back", also=(Ability.SERVER,))
    asked = Check("a.b", "A", "the b", lambda host: outcome, (Ability.TPM,))
    (found,) = run([asked], machine.host())
    assert found.as_json() == {
        "id": "a.b",
        "group": "A",
        "title": "the b",
        "level": "problem",
        "found": "it is gone",
        "remedy": "bring it back",
        "affects": ["TPMs", "the server"],
        "prevents": True,
        "skipped": False,
    }
    assert str(found) == "a.b: it is gone; bring it back"


def test_a_check_that_fails_is_said_and_the_others_answer(machine: Machine) -> None:
    def broken(host: Host) -> Outcome:
        raise LookupError("no such luck")

    findings = run([Check("a", "g", "a", broken), check("b", ok("well"))], machine.host())
    assert [one.found for one in findings] == [
        "this could not be looked at: LookupError: no such luck",
        "well",
    ]
    assert (findings[0].level, findings[0].skipped, findings[0].prevents) == (Level.WARNING, True, False)


def test_what_hangs_is_left_behind_and_keeps_nobody_s_turn(machine: Machine) -> None:
    release = threading.Event()

    def hang(host: Host) -> Outcome:
        release.wait()
        return ok("at last")

    hanging = [Check(f"h{number}", "g", "h", hang, limit_s=0.2) for number in range(2)]
    findings = run([*hanging, check("b", ok("well"))], machine.host(), at_once=2)
    release.set()
    assert [one.found for one in findings] == ["no answer within 0.2 s", "no answer within 0.2 s", "well"]


def test_checks_run_at_the_same_time(machine: Machine) -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(host: Host) -> Outcome:
        both.wait()
        return ok("met")

    findings = run([Check("a", "g", "a", meet), Check("b", "g", "b", meet)], machine.host())
    assert [one.found for one in findings] == ["met", "met"]
