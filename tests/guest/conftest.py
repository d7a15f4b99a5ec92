"""Sockets between a host and its guests that need no vsock."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guest.unix_sockets import UnixSockets


@pytest.fixture
def sockets() -> Iterator[UnixSockets]:
    """The host's; in a folder with a short name, for a socket's address is 108 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="vsock-") as folder:
        yield UnixSockets(Path(folder))
