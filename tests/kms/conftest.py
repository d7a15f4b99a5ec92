"""The KMS that this room's tests ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kms.server import FakeKms, certificate, serving


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("kms"))


@pytest.fixture
async def fake_kms(pem: Path) -> AsyncIterator[FakeKms]:
    async with serving(pem) as kms:
        yield kms
