"""A real server pulls the demo image from a real registry, through being killed, and boots it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo_image import demo_image_dir
from tests.images.hostile import breaking
from tests.images.real_registry import PASSWORD, USER, docker_login, real_registry
from tests.images.token_server import TokenServer
from tests.real.server import Server, wait_until

pytestmark = pytest.mark.real
TAG, NAME = "pulled-0.5.0", "dstack-pulled-0.5.0"


def of_tag(server: Server) -> dict[str, Any]:
    response = server.post("ListRegistryImages")
    assert response.status_code == 200, response.text
    found = {image["tag"]: image for image in response.json()["images"]}
    return dict(found[TAG])


def is_listed(server: Server) -> bool:
    return NAME in {image["name"] for image in server.post("ListImages").json()["images"]}


@contextlib.contextmanager
def slow_way(target: int, bytes_per_s: int) -> Iterator[int]:
    """A port that leads to another one slowly, so that there is time to be killed in."""
    ready: queue.Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = queue.Queue()

    async def serve() -> None:
        async with breaking(target) as way:
            way.bytes_per_s = bytes_per_s
            end = asyncio.Event()
            ready.put((asyncio.get_running_loop(), end, way.port))
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    loop, end, port = ready.get(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


def test_the_demo_image_is_pulled_with_a_token_and_boots(tmp_path: Path) -> None:
    tokens = TokenServer(USER, PASSWORD)
    with (
        tokens.running(),
        real_registry(tmp_path / "registry", tokens=tokens) as registry,
        slow_way(registry.port, 8_000_000) as port,
    ):
        registry.pusher.folder(TAG, demo_image_dir())
        server = Server(tmp_path / "data")
        server.environment["VMM_IMAGE__REGISTRY"] = registry.registry.replace(str(registry.port), str(port))
        server.environment["DOCKER_CONFIG"] = str(docker_login(tmp_path / "docker", port).parent)
        try:
            server.start()
            assert of_tag(server) == {"tag": TAG, "local": False, "pulling": False, "error": ""}
            assert server.post("PullRegistryImage", {"tag": TAG}).status_code == 204
            killed_while_pulling = 0
            for pause in (0.0, 0.5, 0.5):
                time.sleep(pause)
                killed_while_pulling += of_tag(server)["pulling"]
                server.kill()
                assert is_whole_or_absent(tmp_path / "data" / "image" / NAME)
                server.start()
            wait_until("the pull is done", lambda: of_tag(server)["local"] and not of_tag(server)["pulling"])
            assert killed_while_pulling
            assert is_listed(server)
            vm_id = server.create(image=NAME)
            server.until(vm_id, boot_progress="done")
            refused = server.post("DeleteImage", {"id": NAME})
            assert (refused.status_code, vm_id in refused.json()["message"]) == (409, True)
            server.done("RemoveVm", vm_id)
            wait_until("the VM is gone", lambda: not server.post("GetInfo", {"id": vm_id}).json()["found"])
            assert server.post("DeleteImage", {"id": NAME}).status_code == 204
            assert not (tmp_path / "data" / "image" / NAME).exists()
            assert not is_listed(server)
        finally:
            server.clean_up()
    assert {query["scope"][0] for query in tokens.asked} == {"repository:dstacktest/guest-image:pull"}


def test_commands_list_and_pull(tmp_path: Path) -> None:
    with real_registry(tmp_path / "registry", htpasswd=True) as registry:
        registry.pusher.folder(TAG, demo_image_dir())
        server = Server(tmp_path / "data")
        server.environment["VMM_IMAGE__REGISTRY"] = registry.registry
        server.environment["DOCKER_CONFIG"] = str(docker_login(tmp_path / "docker", registry.port).parent)
        server.manage("pull_image", TAG)
        assert is_whole_or_absent(tmp_path / "data" / "image" / NAME)
        assert (tmp_path / "data" / "image" / NAME).is_dir()
        server.manage("list_images")
        server.manage("list_images", "--registry")


def is_whole_or_absent(image: Path) -> bool:
    if not image.exists():
        return True
    original = demo_image_dir()
    names = sorted(path.name for path in original.iterdir())
    assert sorted(path.name for path in image.iterdir()) == names
    assert json.loads((image / "metadata.json").read_text()) == json.loads(
        (original / "metadata.json").read_text()
    )
    return all((image / name).stat().st_size == (original / name).stat().st_size for name in names)
