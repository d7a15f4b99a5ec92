"""What findings come to, and the list of all checks."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.preflight.machine import Machine
from vms.preflight import catalogue
from vms.preflight.check import Check, run
from vms.preflight.finding import Ability, Finding, Outcome, note, ok, problem, skipped, unanswered, warning
from vms.preflight.verdict import verdict


@pytest.fixture
def found(machine: Machine) -> FindingOf:
    return FindingOf(machine)


class FindingOf:
    """Findings of checks that came to these outcomes."""

    def __init__(self, machine: Machine) -> None:
        self._host = machine.host()

    def __call__(self, name: str, outcome: Outcome, *affects: Ability) -> Finding:
        (one,) = run([Check(name, "g", name, lambda host: outcome, affects)], self._host)
        return one


def test_a_host_can_do_what_was_looked_at_and_nothing_prevents(found: FindingOf) -> None:
    result = verdict(
        [
            found("a", ok("well"), Ability.SERVER, Ability.PLAIN),
            found("b", warning("slow"), Ability.PLAIN),
            found("c", skipped("no need"), Ability.GPUS),
            found("d", unanswered("who knows", "again"), Ability.HUGEPAGES),
            found("e", ok("well"), Ability.TDX),
            found("f", note("not there", prevents=True), Ability.TDX),
        ]
    )
    assert result.can == (Ability.SERVER, Ability.PLAIN)
    assert [(ability, [one.id for one in why]) for ability, why in result.cannot.items()] == [
        (Ability.TDX, ["f"])
    ]
    assert (result.problems, result.warnings, result.exit_code) == (0, 2, 0)


def test_what_is_about_one_ability_alone_explains_it_first(found: FindingOf) -> None:
    result = verdict(
        [
            found("kvm", problem("no KVM", "…"), Ability.TDX, Ability.SEV_SNP),
            found("tdx", problem("no TDX", "…"), Ability.TDX),
        ]
    )
    assert [one.id for one in result.cannot[Ability.TDX]] == ["tdx", "kvm"]
    assert result.exit_code == 1


def test_a_problem_that_prevents_nothing_is_still_one(found: FindingOf) -> None:
    result = verdict([found("a", problem("wrong", "…", prevents=False), Ability.SERVER)])
    assert (result.can, result.exit_code) == ((Ability.SERVER,), 1)


@pytest.mark.parametrize("vital", [Ability.SERVER, Ability.PLAIN])
def test_without_server_or_plain_vms_nothing_runs(found: FindingOf, vital: Ability) -> None:
    result = verdict([found("a", problem("gone", "…"), vital)])
    assert (result.is_usable, result.exit_code) == (False, 2)


def test_of_some_checks_can_t_be_said_what_works(found: FindingOf) -> None:
    findings = [found("a", ok("well"), Ability.PLAIN), found("b", problem("gone", "…"), Ability.TPM)]
    result = verdict(findings, complete=False)
    assert (result.can, list(result.cannot)) == ((), [Ability.TPM])


@pytest.mark.parametrize(
    "device,kvm,tcg,accelerator",
    [
        (ok("opens"), ok("boots"), ok("boots"), "KVM"),
        (ok("opens"), warning("hangs"), ok("boots"), "TCG, slow"),
        (warning("closed"), skipped("not tried"), ok("boots"), "TCG, slow"),
        (warning("closed"), skipped("not tried"), problem("crashes", "…"), ""),
    ],
)
def test_an_accelerator_is_one_that_a_guest_ran_in(
    found: FindingOf, device: Outcome, kvm: Outcome, tcg: Outcome, accelerator: str
) -> None:
    findings = [found("kvm.device", device), found("kvm.boot", kvm), found("tcg.boot", tcg)]
    assert verdict(findings).accelerator == accelerator


def test_ids_are_unique_and_read_well() -> None:
    ids = [check.id for check in catalogue.CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", name) for name in ids)


def test_groups_stand_together() -> None:
    groups = [check.group for check in catalogue.CHECKS]
    changes = sum(1 for one, other in pairwise(groups) if one != other)
    assert changes + 1 == len(set(groups))


def test_checks_are_chosen_by_id_or_first_part_in_their_own_order() -> None:
    assert [check.id for check in catalogue.chosen(["tcg.boot", "kvm"])] == [
        "kvm.device",
        "kvm.boot",
        "tcg.boot",
    ]
    with pytest.raises(ValueError, match=r"^kvm\.dev: no such check \(allowed: qemu\.program, "):
        catalogue.chosen(["kvm.dev"])


def test_a_server_asks_nobody_on_the_network() -> None:
    asked_by_people_only = {check.id for check in catalogue.CHECKS} - {one.id for one in catalogue.quick()}
    assert asked_by_people_only == {"service.kms", "service.key-provider", "service.registry"}


def test_every_check_answers_on_a_host_without_anything(machine: Machine) -> None:
    machine.mkdir("bin")
    findings = run(catalogue.CHECKS, machine.host('kms_url = ""\n[key_provider]\nenabled = false\n'))
    assert [one.id for one in findings if one.found.startswith("this could not be looked at")] == []
    for one in findings:
        assert one.found
        assert one.remedy or one.level in ("ok", "note"), one.id
    assert verdict(findings).exit_code == 2
