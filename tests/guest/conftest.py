"""Sockets between a host and its guests that need no vsock, and a server that has them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guest.provider import answering, provider
from tests.guest.unix_sockets import UnixSockets
from tests.in_process import InProcess, running
from tests.prpc.conform import conforms
from vms.conf import conf


@pytest.fixture
def sockets() -> Iterator[UnixSockets]:
    """The host's; in a folder with a short name, for a socket's address is 108 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="vsock-") as folder:
        yield UnixSockets(Path(folder))


@pytest.fixture
async def vmm(
    transactional_db: None, test_image: str, tmp_path: Path, settings: Any, sockets: UnixSockets
) -> AsyncIterator[InProcess]:
    """A server on a host with vsock and a key provider."""
    async with provider(answering(b'{"encrypted_key": [1, 255], "provider_quote": [2]}')) as keys:
        key_provider = conf().key_provider.model_copy(update={"port": keys.port})
        settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm", "key_provider": key_provider})
        async with running(tmp_path / "vm", test_image, sockets) as server:
            server.client.event_hooks["response"].append(conforms)
            yield server
