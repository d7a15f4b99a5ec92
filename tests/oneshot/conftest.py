from __future__ import annotations

from pathlib import Path

import pytest

from tests.oneshot.command import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host.make(tmp_path / "data")
