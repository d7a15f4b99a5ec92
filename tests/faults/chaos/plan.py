"""What will happen, and when: drawn from a seed before anything begins, so that a seed says it all."""

from __future__ import annotations

import random
from dataclasses import dataclass

CLIENTS = 4
ACTIONS = {
    "CreateVm": 6,
    "StartVm": 5,
    "StopVm": 4,
    "ShutdownVm": 2,
    "RemoveVm": 3,
    "UpdateVm": 3,
    "ResizeVm": 2,
    "Status": 3,
    "GetInfo": 2,
    "ListImages": 1,
    "PullRegistryImage": 1,
    "DeleteImage": 1,
    "ReloadVms": 1,
}
"""How often clients do each, in proportion."""
FATES = {
    "kill the server": 5,
    "end the server": 2,
    "kill a guest": 5,
    "fill the disk": 3,
    "make the run path read-only": 2,
    "lock the database": 3,
    "jump the clock": 3,
    "take the file descriptors": 2,
    "take the pids": 2,
    "drop messages": 3,
}
REAL_FATES = {"freeze a guest": 5, "kill a shim": 3, "kill a TPM": 3}
"""What only real processes can suffer."""
LONGEST_S = 6.0


@dataclass(frozen=True)
class Step:
    """At so many seconds ``what`` is done; ``luck`` (0 to 1) chooses among what there is then.

    A fate lasts ``lasts_s``, and has ``also`` come while it does.
    """

    at_s: float
    what: str
    luck: float
    lasts_s: float = 0.0
    also: str = ""


@dataclass(frozen=True)
class Plan:
    """``clients`` each do their steps in order, a step late rather than two at once; so do the ``fates``."""

    clients: tuple[tuple[Step, ...], ...]
    fates: tuple[Step, ...]


def draw(seed: int, minutes: float, *, real: bool) -> Plan:
    """The plan of that seed; the same for the same arguments, whatever the machine."""
    rng = random.Random(f"{seed}/{minutes}/{real}")
    end_s = minutes * 60
    clients = tuple(tuple(_steps(rng, ACTIONS, 0.2, 1.5, end_s)) for _ in range(CLIENTS))
    kinds = FATES | (REAL_FATES if real else {})
    fates = []
    for step in _steps(rng, kinds, 2.0, 9.0, end_s):
        also = rng.choice([*kinds, *[""] * 3 * len(kinds)])
        lasts_s = rng.uniform(0.3, LONGEST_S)
        fates.append(Step(step.at_s, step.what, step.luck, lasts_s, also if also != step.what else ""))
    return Plan(clients, tuple(fates))


def _steps(
    rng: random.Random, kinds: dict[str, int], least_s: float, most_s: float, end_s: float
) -> list[Step]:
    found, at_s = [], rng.uniform(0, most_s)
    while at_s < end_s:
        [what] = rng.choices([*kinds], weights=[*kinds.values()])
        found.append(Step(at_s, what, rng.random()))
        at_s += rng.uniform(least_s, most_s)
    return found
