"""What all findings together come to: what this host is good for, and what not and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vms.preflight.finding import Ability, Finding, Level

VITAL = (Ability.SERVER, Ability.PLAIN)
"""Without the server nothing works, and plain VMs are the least that a host must run."""


@dataclass(frozen=True)
class Verdict:
    """``can``: abilities that were looked at and that nothing prevents; ``cannot``: the others' hindrances,
    what is about that ability alone before what is about several.

    ``accelerator`` is what plain VMs run in, empty where that wasn't looked at.
    """

    can: tuple[Ability, ...]
    cannot: dict[Ability, tuple[Finding, ...]]
    accelerator: str
    problems: int
    warnings: int

    @property
    def is_usable(self) -> bool:
        """Whether the server and the plainest VM can run."""
        return not any(ability in self.cannot for ability in VITAL)

    @property
    def exit_code(self) -> int:
        """0: no problem; 1: problems; 2: nothing can run here."""
        if not self.is_usable:
            return 2
        return 1 if self.problems else 0


def verdict(findings: Sequence[Finding], *, complete: bool = True) -> Verdict:
    """Of some findings (``complete`` is false) can be said what doesn't work, but not what does."""
    hindrances: dict[Ability, list[Finding]] = {}
    seen: set[Ability] = set()
    for finding in findings:
        for ability in finding.affects:
            if finding.prevents:
                hindrances.setdefault(ability, []).append(finding)
            elif not finding.skipped:
                seen.add(ability)
    return Verdict(
        can=tuple(ability for ability in Ability if ability in seen - hindrances.keys() and complete),
        cannot={
            ability: _most_telling_first(hindrances[ability]) for ability in Ability if ability in hindrances
        },
        accelerator=_accelerator(findings),
        problems=_count(findings, Level.PROBLEM),
        warnings=_count(findings, Level.WARNING),
    )


def _most_telling_first(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: len(finding.affects) > 1))


def _accelerator(findings: Iterable[Finding]) -> str:
    """KVM where a guest ran in it, else TCG where one ran in that."""
    works = {finding.id for finding in findings if finding.level is Level.OK and not finding.skipped}
    if {"kvm.device", "kvm.boot"} <= works:
        return "KVM"
    return "TCG, slow" if "tcg.boot" in works else ""


def _count(findings: Iterable[Finding], level: Level) -> int:
    return sum(1 for finding in findings if finding.level is level)
