"""A registry for the whole run, and one server for as many cases as it survives in good order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scenarios_of_folders import push
from tests.faults.server import FaultServer
from tests.images.real_registry import real_registry


class Keep:
    """Keeps a server from case to case: a start costs more than a case. One that failed is not used again."""

    def __init__(self, folder: Path, registry: str) -> None:
        self._folder, self._registry, self._number = folder, registry, 0
        self._kept: FaultServer | None = None

    @contextlib.contextmanager
    def server(self, *, fake: bool) -> Iterator[FaultServer]:
        server, self._kept = self._kept, None
        if server is None:
            self._number += 1
            settings = {"VMM_IMAGE__REGISTRY": self._registry}
            server = FaultServer(self._folder / f"data-{self._number}", fake=fake, settings=settings)
        is_well = False
        try:
            if server.process is None:
                server.start()
            yield server
            is_well = server.is_well
        finally:
            if is_well:
                self._kept = server
            else:
                server.clean_up()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.clean_up()


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keep]:
    folder = tmp_path_factory.mktemp("faults")
    with (
        real_registry(folder / "registry") as registry,
        contextlib.closing(Keep(folder, registry.registry)) as kept,
    ):
        push(registry)
        yield kept
