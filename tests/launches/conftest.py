from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.in_process import InProcess, running
from tests.launches.host import IMAGE, MATERIAL, KeepingDriver, make_image
from tests.prpc.conform import conforms
from vms.conf import conf
from vms.database import in_database
from vms.models import Node

Become = Callable[..., Awaitable[None]]


@pytest.fixture
def images(tmp_path: Path, settings: Any) -> Path:
    """The image folder: one image that can be launched on everything, and worse ones."""
    path = tmp_path / "images"
    make_image(path)
    make_image(path, "dstack-0.5.1", version="0.5.1")
    make_image(path, "dstack-writable-0.5.4", shared_ro=False)
    make_image(path, "dstack-bare-0.5.4", without=("sha256sum.txt", *MATERIAL))
    make_image(path, "dstack-0.4.9", version="0.4.9")
    make_image(path, "dstack-iso-0.5.4", rootfs="bzImage")
    make_image(path, "dstack-out-0.5.4", bios="../dstack-0.5.4/ovmf.fd")
    image = conf().image.model_copy(update={"path": path})
    settings.VMM = conf().model_copy(
        update={"image": image, "run_path": tmp_path / "vm", "from_file": tmp_path / "vmm.toml"}
    )
    return path


@pytest.fixture
async def vmm(transactional_db: None, images: Path, tmp_path: Path) -> AsyncIterator[InProcess]:
    """The server of an operator who wrote a file; its host launches plain VMs only, until told otherwise."""
    with mock.patch("tests.in_process.FakeDriver", KeepingDriver):
        async with running(tmp_path / "vm", IMAGE) as server:
            server.client.event_hooks["response"].append(conforms)
            yield server


@pytest.fixture
def driver(vmm: InProcess) -> KeepingDriver:
    assert isinstance(vmm.driver, KeepingDriver)
    return vmm.driver


@pytest.fixture
def become(vmm: InProcess) -> Become:
    """Make the host one that launches such VMs: ``await become("tdx")``."""

    async def become(platform: str, missing: str = "") -> None:
        values = {"platform": platform, "missing": missing, "qemu_version": "9.2.1"}
        await in_database(lambda: Node.objects.update(**values))

    return become
