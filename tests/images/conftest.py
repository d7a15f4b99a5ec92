from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.real_registry import RealRegistry, real_registry
from tests.in_process import InProcess
from vms.conf import conf


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    """A real, open registry with nothing in it."""
    with real_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def pulled_to(tmp_path: Path, settings: Any) -> Path:
    """An image folder of the test's own, as configured."""
    path = tmp_path / "images"
    path.mkdir()
    configure(settings, path=path, keep_free=0)
    return path


@pytest.fixture
def node(pulled_to: Path, vmm: InProcess) -> InProcess:
    """The server in this process, over that image folder; it has no registry yet."""
    return vmm


def configure(settings: Any, **image: Any) -> None:
    """Give [image] these values."""
    settings.VMM = conf().model_copy(update={"image": conf().image.model_copy(update=image)})
