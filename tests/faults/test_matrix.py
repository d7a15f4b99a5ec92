"""The server dies at every step of everything, starts again, and the three truths agree.

40 cases, drawn by a fixed seed, are run by default; all of them with the others that take long.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.conftest import Keep
from tests.faults.matrix import Case, cases, drawn
from tests.faults.server import FaultServer
from tests.faults.telling import tell

BY_DEFAULT = 40
SEED = 20_261_123
CASES = cases("fake")
DRAWN = drawn(CASES, BY_DEFAULT, SEED)


@pytest.fixture
def server(keep: Keep) -> Iterator[FaultServer]:
    with keep.server(fake=True) as kept:
        yield kept


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=str(case), marks=() if case in DRAWN else pytest.mark.full) for case in CASES],
)
def test_killed_at(server: FaultServer, case: Case) -> None:
    tell(server, case)
