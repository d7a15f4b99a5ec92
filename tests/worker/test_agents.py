"""Which agent a guest has: by its kind, its image's word, and what the host has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.guest.unix_sockets import UnixSockets
from vms.conf import conf
from vms.guest.dstack_agent import DstackAgent
from vms.guest.interface import AgentFailed, GuestAddress
from vms.guest.qemu_agent import QemuAgent
from vms.hypervisor.fake import FakeDriver
from vms.worker.agents import Connector


def _image(agent: str | None) -> str:
    """An image whose metadata names that agent."""
    name = f"dstack-{agent or 'silent'}-0.5.3"
    folder = conf().image.path / name
    folder.mkdir(parents=True, exist_ok=True)
    metadata: dict[str, Any] = {"kernel": "k", "initrd": "i", "version": "0.5.3"}
    (folder / "metadata.json").write_text(json.dumps(metadata | ({"guest_agent": agent} if agent else {})))
    for file in ("k", "i"):
        (folder / file).write_bytes(b"x")
    return name


@pytest.mark.parametrize(
    "confidential, image_says, has_vsock, expected",
    [
        (True, None, True, DstackAgent),
        (True, "qemu", True, DstackAgent),
        (False, None, True, DstackAgent),
        (False, "dstack", True, DstackAgent),
        (False, "qemu", True, QemuAgent),
        (False, None, False, QemuAgent),
        (False, "dstack", False, QemuAgent),
        (False, "qemu", False, QemuAgent),
    ],
)
async def test_the_agent_is_the_one_that_the_guest_has(
    tmp_path: Path, confidential: bool, image_says: str | None, has_vsock: bool, expected: type
) -> None:
    connector = Connector(FakeDriver(tmp_path), UnixSockets(tmp_path) if has_vsock else None)
    agent = await connector(GuestAddress("vm", 1, 1000, confidential, _image(image_says)))
    assert type(agent) is expected


async def test_a_guest_whose_image_is_gone_is_asked_by_vsock(tmp_path: Path) -> None:
    connector = Connector(FakeDriver(tmp_path), UnixSockets(tmp_path))
    assert isinstance(await connector(GuestAddress("vm", 1, 1000, False, "gone-0.5.3")), DstackAgent)


async def test_a_confidential_guest_without_vsock_is_not_asked_by_another_way(tmp_path: Path) -> None:
    with pytest.raises(AgentFailed, match="reached by vsock, and this host has none"):
        await Connector(FakeDriver(tmp_path), None)(GuestAddress("vm", 1, 1000, True, "i"))
