"""deploy/environment.example says only what the program knows."""

from __future__ import annotations

import re

from tests.real.server import ROOT

ASSIGNED = re.compile(r"^#?([A-Z][A-Z_]+)=", re.MULTILINE)
OF_THE_LOG = {"VMM_LOG"}


def test_every_variable_is_one_of_ours() -> None:
    example = (ROOT / "deploy/environment.example").read_text()
    known = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs/configuration.md").read_text()))
    known |= OF_THE_LOG | {"VMM_CONFIG"}
    said = set(ASSIGNED.findall(example))
    assert len(said) > 8
    assert {name.removesuffix("_FILE") for name in said} <= known
