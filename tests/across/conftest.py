"""Two nodes: this process with authentication on, and another process behind a port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.access.people import with_login
from tests.across.pair import SECRET, OtherNode, Pair
from tests.in_process import running
from vms.access import audit, standing
from vms.access.throttle import throttle
from vms.access.verified import verified
from vms.conf import conf
from vms.live import guard


@pytest.fixture(scope="module")
def node(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherNode]:
    """The other node, running."""
    other = OtherNode(tmp_path_factory.mktemp("n"), str(connection.settings_dict["NAME"]))
    other.start()
    yield other
    other.kill()


@pytest.fixture
async def pair(
    transactional_db: None,
    test_image: str,
    tmp_path: Path,
    settings: Any,
    node: OtherNode,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Pair]:
    """Both, with everybody to log in, and asked often whether they may go on."""
    verified.forget_now()
    throttle.forget_all()
    audit.waiting.forget_all()
    fleet = conf().fleet.model_copy(update={"secret": SECRET, "address": "http://127.0.0.1:1"})
    settings.VMM = with_login().model_copy(update={"run_path": tmp_path / "vm", "fleet": fleet})
    monkeypatch.setattr(guard, "ASK_AGAIN_S", 0.1)
    monkeypatch.setattr(standing, "ASK_AGAIN_S", 0.1)
    async with running(tmp_path / "vm", test_image) as here:
        both = Pair(here, node)
        await both.announce()
        yield both
