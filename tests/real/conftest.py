from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.server import Server, real_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real server with nothing in it."""
    with real_server(tmp_path / "data") as started:
        yield started
