"""The server without its process: the real application, worker and live rows on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from channels.layers import channel_layers

from vmm_site.asgi import application
from vms.actions import nodes
from vms.choices import Platform
from vms.conf import conf
from vms.database import in_database
from vms.guest.sockets import Sockets
from vms.hypervisor.base import Driver
from vms.hypervisor.fake import FakeDriver
from vms.live import bus
from vms.live.hub import hub
from vms.models import Event, Vm
from vms.worker import messages, start_queue
from vms.worker.node_worker import NodeWorker

COMPOSE = json.dumps(
    {
        "manifest_version": 2,
        "name": "hello",
        "runner": "docker-compose",
        "docker_compose_file": "services: {}",
    }
)


class InProcess:
    """A running server: ``client`` speaks HTTP to it, ``driver`` is its fake hypervisor."""

    def __init__(self, client: httpx.AsyncClient, driver: FakeDriver, run_path: Path, image: str) -> None:
        self.client = client
        self.driver = driver
        self.run_path = run_path
        self.image = image

    def configuration(self, **changed: Any) -> dict[str, Any]:
        """A valid CreateVm request."""
        return {
            "name": "my-app",
            "image": self.image,
            "compose_file": COMPOSE,
            "vcpu": 1,
            "memory": 512,
            "disk_size": 1,
        } | changed

    async def call(self, method: str, request: Any = None, **options: Any) -> httpx.Response:
        """POST in documented JSON."""
        return await self.client.post(f"/prpc/{method}", json={} if request is None else request, **options)

    async def create(self, **changed: Any) -> str:
        """Create a VM that must succeed; its id."""
        response = await self.call("CreateVm", self.configuration(**changed))
        assert response.status_code == 200, response.text
        vm_id: str = response.json()["id"]
        return vm_id

    async def info(self, vm_id: str) -> dict[str, Any]:
        """GetInfo of a VM that must exist."""
        info: dict[str, Any] = (await self.call("GetInfo", {"id": vm_id})).json()["info"]
        assert info is not None
        return info

    async def row(self, vm_id: str) -> Vm | None:
        return await in_database(Vm.objects.filter(pk=vm_id).first)

    async def events(self, vm_id: str) -> list[str]:
        """The names of the VM's events, oldest first."""
        return await in_database(
            lambda: list(Event.objects.filter(vm=vm_id).order_by("id").values_list("event", flat=True))
        )

    async def until(self, vm_id: str, holds: Callable[[Vm | None], bool], timeout_s: float = 10) -> Vm | None:
        """Wait until the row is as it should be; fails with what it is instead."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        async with hub.changes_of(vm_id) as changed:
            while True:
                changed.clear()
                vm = await self.row(vm_id)
                if holds(vm):
                    return vm
                if asyncio.get_running_loop().time() > deadline:
                    raise AssertionError(f"not in {timeout_s} s: {vm.__dict__ if vm else None}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), 0.1)

    async def nothing_left(self) -> None:
        """No VM in the database, on disk, or in the hypervisor."""
        assert await in_database(Vm.objects.count) == 0
        assert await self.driver.scan() == []
        assert not self.run_path.exists() or list(self.run_path.iterdir()) == []


@contextlib.asynccontextmanager
async def running(run_path: Path, image: str, sockets: Sockets | None = None) -> AsyncIterator[InProcess]:
    """Start everything that ``manage.py serve`` starts, but for Daphne, QEMU and vsock."""
    driver = FakeDriver(run_path)
    # A fake guest never says that it is up, so it would keep its turn to boot for all the time there is.
    with mock.patch.multiple(start_queue, MAX_BOOT_S=0.1, BOOT_LOOK_S=0.05):
        async with _client(driver, run_path, image, sockets) as server:
            yield server


@contextlib.asynccontextmanager
async def _client(
    driver: FakeDriver, run_path: Path, image: str, sockets: Sockets | None
) -> AsyncIterator[InProcess]:
    async with services(driver, sockets):
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            yield InProcess(client, driver, run_path, image)


@contextlib.asynccontextmanager
async def services(driver: Driver, sockets: Sockets | None = None) -> AsyncIterator[NodeWorker]:
    """The background services over that driver and those sockets, ready to act; ended at the end."""
    channel_layers.backends.clear()
    node = await in_database(
        nodes.register,
        conf().effective_node_name,
        version="0",
        platform=Platform.NONE,
        accelerator="tcg",
        notice="",
    )
    stop = asyncio.Event()
    worker = NodeWorker(node, driver, sockets)
    tasks = [
        asyncio.create_task(hub.run(stop)),
        asyncio.create_task(
            messages.listen(node.pk, worker.wake, stop, worker.wake_images, worker.wake_reload)
        ),
        asyncio.create_task(worker.run(stop)),
    ]
    try:
        await _ready(tasks)
        yield worker
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        bus.attach(None)


async def _ready(tasks: list[asyncio.Task[None]]) -> None:
    while not await in_database(_has_worker):
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.01)


def _has_worker() -> bool:
    from vms.models import Node

    return nodes.has_worker(Node.objects.get(name=conf().effective_node_name))
