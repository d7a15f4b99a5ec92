"""What tests of several rooms share: a whole server in this process, over the fake driver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess, running
from tests.prpc.conform import conforms
from vms.conf import conf


@pytest.fixture
def test_image() -> str:
    """The name of a tiny image that the fake driver takes."""
    name = "dstack-test-0.5.3"
    folder = conf().image.path / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.json").write_text(
        '{"kernel": "k", "initrd": "i", "version": "0.5.3", "shared_ro": true}'
    )
    (folder / "k").write_bytes(b"kernel")
    (folder / "i").write_bytes(b"initrd")
    return name


@pytest.fixture
async def vmm(
    transactional_db: None, test_image: str, tmp_path: Path, settings: Any
) -> AsyncIterator[InProcess]:
    """API, live rows and worker on this test's event loop, with VMs that a fake driver runs."""
    settings.VMM = conf().model_copy(update={"run_path": tmp_path / "vm"})
    async with running(tmp_path / "vm", test_image) as server:
        server.client.event_hooks["response"].append(conforms)
        yield server
