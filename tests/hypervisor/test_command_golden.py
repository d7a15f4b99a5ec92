"""Each kind of launch, its command line compared whole.

The files are written anew by ``python -m tests.hypervisor.launches`` and by nothing else.
"""

from __future__ import annotations

import pytest

from .launches import GOLDEN, LAUNCHES, command_line


@pytest.mark.parametrize("name", LAUNCHES)
def test_the_command_line_is_the_golden_one(name: str) -> None:
    assert command_line(name) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_no_golden_file_is_left_behind() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.txt" for name in LAUNCHES}


def test_every_launch_is_another_one() -> None:
    # Two names for one command line would be a branch that nothing covers.
    lines = {command_line(name): name for name in LAUNCHES}
    assert sorted(lines.values()) == sorted(LAUNCHES)
