"""What one look at the host came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding matters, to this configuration.

    ``note``: nothing that this configuration asks for lacks, but it is worth knowing.
    ``warning``: something that it asks for may fail, or is worse than it could be.
    ``problem``: something that it asks for does not work.
    """

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Ability(StrEnum):
    """What a host may be good for."""

    SERVER = "the server"
    PLAIN = "plain VMs"
    TDX = "TDX VMs"
    SEV_SNP = "SEV-SNP VMs"
    GPUS = "GPUs"
    HUGEPAGES = "huge pages"
    TPM = "TPMs"
    PINNING = "pinned vCPUs"
    USER_NETWORK = "user networks"
    BRIDGE = "bridge networks"
    NETWORK_FILTER = "filtered networks"
    KMS = "encrypted environments"
    SEALING = "sealing keys"
    PULLS = "image pulls"


CONFIDENTIAL = (Ability.TDX, Ability.SEV_SNP)


@dataclass(frozen=True)
class Outcome:
    """What a check found, and ``remedy``: how to mend it, empty where there is nothing to do.

    ``prevents``: what the check is about can't work, and ``also`` what else can't. ``skipped``: it
    was not looked at; ``found`` says why.
    """

    level: Level
    found: str
    remedy: str = ""
    prevents: bool = False
    skipped: bool = False
    also: tuple[Ability, ...] = ()


def ok(found: str) -> Outcome:
    return Outcome(Level.OK, found)


def skipped(why: str) -> Outcome:
    """Nothing here needs it, so it was not looked at."""
    return Outcome(Level.OK, why, skipped=True)


def unanswered(found: str, remedy: str) -> Outcome:
    """It was asked, and nobody knows."""
    return Outcome(Level.WARNING, found, remedy, skipped=True)


def note(found: str, remedy: str = "", *, prevents: bool = False) -> Outcome:
    return Outcome(Level.NOTE, found, remedy, prevents)


def warning(found: str, remedy: str = "", *, prevents: bool = False) -> Outcome:
    return Outcome(Level.WARNING, found, remedy, prevents)


def problem(found: str, remedy: str, *, prevents: bool = True, also: tuple[Ability, ...] = ()) -> Outcome:
    return Outcome(Level.PROBLEM, found, remedy, prevents, also=also)


@dataclass(frozen=True)
class Finding:
    """An outcome with its place: ``id`` is stable, ``affects`` what the check is about."""

    id: str
    group: str
    title: str
    level: Level
    found: str
    remedy: str
    affects: tuple[Ability, ...]
    prevents: bool
    skipped: bool

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON has it; ``level`` and ``affects`` are words."""
        return {**asdict(self), "level": str(self.level), "affects": [str(one) for one in self.affects]}

    def __str__(self) -> str:
        """One line, with the way out."""
        return f"{self.id}: {self.found}{f'; {self.remedy}' if self.remedy else ''}"
