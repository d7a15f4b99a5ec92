"""Every fault point in the program has cases, and costs nothing to speak of."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import timeit
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.executioner import ARMED, MARK
from tests.faults.matrix import cases
from tests.real.server import ROOT
from vms import faults

ELSEWHERE = {
    "taps.noted": "tests/faults/test_taps.py",
    "taps.asked": "tests/faults/test_taps.py",
    "taps.removed": "tests/faults/test_taps.py",
}
"""Points that only a host with netd passes, and where their cases are."""


def points() -> list[str]:
    """The literals of all ``faults.point`` under ``vms``, called or handed over to be called."""
    found, mentions = [], 0
    for path in (ROOT / "vms").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            mentions += _is_point(node)
            parts = [node.func, *node.args] if isinstance(node, ast.Call) else []
            for part, following in pairwise(parts):
                if _is_point(part) and isinstance(following, ast.Constant):
                    found.append(str(following.value))
    assert len(found) == mentions, "a point is not named by a literal"
    return found


def _is_point(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "point"
        and isinstance(node.value, ast.Name)
        and node.value.id == "faults"
    )


def test_every_point_is_named_once() -> None:
    assert [name for name, times in Counter(points()).items() if times > 1] == []


def test_every_point_has_a_case() -> None:
    covered = {case.point for driver in ("fake", "real") for case in cases(driver)} | ELSEWHERE.keys()
    assert sorted(set(points()) - covered) == []


def test_every_case_has_a_point() -> None:
    known = set(points())
    assert sorted({case.point for driver in ("fake", "real") for case in cases(driver)} - known) == []


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(cases("fake")) >= 200
    assert len(cases("real")) >= 20


def test_a_point_costs_less_than_a_tenth_of_a_small_query() -> None:
    """Held against what is done beside it, not against a clock: a fsync alone takes thousands of these."""
    a_point = min(timeit.repeat(lambda: faults.point("x"), number=10_000, repeat=5))
    a_query = min(
        timeit.repeat(lambda: [os.stat("/proc/self/stat") for _ in range(10)], number=10_000, repeat=5)
    )
    assert a_point < a_query


@pytest.mark.parametrize("armed", [True, False])
def test_nothing_listens_without_the_mark(tmp_path: Path, armed: bool) -> None:
    if armed:
        (tmp_path / ARMED).write_text("create.written")
    command, environment = (
        [sys.executable, "-m", "tests.faults.nursery"],
        os.environ | {"VMM_DATA": str(tmp_path)},
    )
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"only for tests: there is no {tmp_path / MARK}" in done.stderr


def test_a_server_in_earnest_has_no_listener() -> None:
    """Nor can one be asked for: no module of the program's calls ``listen``."""
    callers = [
        path
        for folder in ("vms", "vmm_site")
        for path in (ROOT / folder).rglob("*.py")
        if "faults.listen" in path.read_text()
    ]
    assert callers == []
