"""The same with real QEMU processes: every fault point at least once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.conftest import Keep
from tests.faults.matrix import Case, cases, one_of_each_point
from tests.faults.server import FaultServer
from tests.faults.telling import tell
from tests.hypervisor.machines import needs_qemu

pytestmark = [pytest.mark.real, pytest.mark.full, needs_qemu]
SEED = 20_261_123


@pytest.fixture
def server(keep: Keep) -> Iterator[FaultServer]:
    with keep.server(fake=False) as kept:
        yield kept


@pytest.mark.parametrize("case", one_of_each_point(cases("real"), SEED), ids=str)
def test_killed_at(server: FaultServer, case: Case) -> None:
    tell(server, case)
