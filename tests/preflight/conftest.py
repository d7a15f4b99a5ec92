"""Hosts laid out in folders, real programs, and a user without rights."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.preflight.machine import Machine
from vms.preflight.finding import Outcome
from vms.preflight.host import Host

NOBODY = 65534


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A host without anything, and the configuration of a first try."""
    return Machine(tmp_path)


@pytest.fixture
def open_folder() -> Iterator[Machine]:
    """The same, where every user can reach it."""
    with tempfile.TemporaryDirectory(prefix="vmm-preflight-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield Machine(folder)


class AsNobody(Protocol):
    def __call__(self, look: Callable[[Host], Outcome], host: Host) -> Outcome: ...


@pytest.fixture
def as_nobody() -> AsNobody:
    """Asks a check as a user without rights, whoever runs the tests."""

    def call(look: Callable[[Host], Outcome], host: Host) -> Outcome:
        if os.geteuid() != 0:
            return look(host)
        # The effective user alone, so that root comes back.
        os.seteuid(NOBODY)
        try:
            return look(host)
        finally:
            os.seteuid(0)

    return call
