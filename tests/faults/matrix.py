"""Which fault points each scenario passes, how often: every one of them is a case."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from tests.faults.scenarios import VM_SCENARIOS, Scenario
from tests.faults.scenarios_of_folders import FOLDER_SCENARIOS

PASSED = Path(__file__).with_name("passed.json")
"""Written by ``tests.faults.trace``. A case whose point isn't reached fails, so it stays true."""
SCENARIOS = {one.name: one for one in (*VM_SCENARIOS, *FOLDER_SCENARIOS)}


@dataclass(frozen=True)
class Case:
    """The server dies during ``scenario`` when it passes ``point`` for the ``nth`` time."""

    scenario: Scenario
    point: str
    nth: int

    @property
    def fault(self) -> str:
        return f"{self.point} {self.nth}"

    def __str__(self) -> str:
        return f"{self.scenario.name}-{self.point}-{self.nth}"


def cases(driver: str) -> list[Case]:
    """All that a server with that driver passes: ``fake`` or ``real``."""
    passed: dict[str, dict[str, int]] = json.loads(PASSED.read_text())[driver]
    return [
        Case(SCENARIOS[name], point, nth)
        for name, points in passed.items()
        for point, times in points.items()
        for nth in range(1, times + 1)
    ]


def drawn(cases: list[Case], number: int, seed: int) -> frozenset[Case]:
    """So many of them, of each scenario in turn, the same for the same seed."""
    shuffled = random.Random(seed).sample(cases, len(cases))
    by_scenario = [[case for case in shuffled if case.scenario is one] for one in SCENARIOS.values()]
    found: list[Case] = []
    while len(found) < min(number, len(cases)):
        for left in by_scenario:
            if left and len(found) < number:
                found.append(left.pop())
    return frozenset(found)


def one_of_each_point(cases: list[Case], seed: int) -> list[Case]:
    """A case for every point, the same for the same seed."""
    shuffled = random.Random(seed).sample(cases, len(cases))
    return sorted({case.point: case for case in shuffled}.values(), key=str)
