from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oneshot.command import Host
from tests.oneshot.foreground import end_all


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host on which nothing was started yet; nothing runs on at the end, whatever the test did."""
    host = Host.make(tmp_path / "data")
    yield host
    end_all(host.data)
